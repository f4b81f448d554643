"""What every engine is given, and the error by which one says that it cannot go on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 22


class EngineError(RuntimeError):
    """A model cannot be reached or does not start: one sentence. Nothing more of its work can succeed. Exit 3."""


@dataclass(frozen=True, slots=True)
class EngineContext:
    """Where an engine keeps and finds things. `env` is the environment that its server starts with."""

    home: Path
    data_dir: Path | None
    env: Mapping[str, str]

    @property
    def logs(self) -> Path:
        """Where servers write their logs, one file a start."""
        return self.home / "logs"

    def __repr__(self) -> str:
        """Without the environment: it holds keys."""
        return f"EngineContext({str(self.home)!r})"


def given_path(words: str) -> Path:
    """A path as a person wrote it, `~` filled in; as it stands where there is no such person, so it is not found."""
    try:
        return Path(words).expanduser()
    except RuntimeError:
        return Path(words)


def file_digest(path: Path, home: Path) -> str:
    """sha256 of a file, remembered under `home` by path, size and time of change: models are gigabytes."""
    memory = home / "models" / "digests.json"
    try:
        known: dict[str, list[object]] = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    stat = path.stat()
    stamp = [stat.st_size, stat.st_mtime_ns]
    entry = known.get(str(path.resolve()))
    if entry and entry[:2] == stamp:
        return str(entry[2])
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
    known[str(path.resolve())] = [*stamp, sha.hexdigest()]
    memory.parent.mkdir(parents=True, exist_ok=True)
    waiting = memory.with_suffix(f".{sha.hexdigest()[:8]}.tmp")
    waiting.write_text(json.dumps(known), encoding="utf-8")
    waiting.replace(memory)
    return sha.hexdigest()
