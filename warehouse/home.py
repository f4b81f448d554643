"""Where the warehouse lies on disk, and the error that every module of the package raises."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What a run, a shard or a batch may be called: it becomes a file name, so nothing may leave its folder."""


class WarehouseError(ValueError):
    """What is wrong with a part, a query or a warehouse file, in one sentence."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one warehouse: the parts are the truth, everything else but the journal is derived from them."""

    root: Path

    @property
    def parts(self) -> Path:
        return self.root / "parts"

    @property
    def rejected(self) -> Path:
        """Parts that could not be read, each beside a .reason file; never below `parts`."""
        return self.root / "rejected"

    @property
    def build(self) -> Path:
        """The file that only the loader opens."""
        return self.root / "build.duckdb"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def current(self) -> Path:
        """A symlink to the newest published file: what readers open, read-only."""
        return self.published / "current.duckdb"

    @property
    def journal(self) -> Path:
        return self.root / "journal"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def run_folder(self, kind: str, run_id: str) -> Path:
        return self.parts / kind / f"run_id={checked_name(run_id, 'run')}"

    def part(self, kind: str, run_id: str, shard: str, batch: str = "") -> Path:
        """parts/<kind>/run_id=<run>/<shard>.parquet, or <shard>@<batch>.parquet for a later reading of a shard."""
        stem = checked_name(shard, "shard") + (f"@{checked_name(batch, 'batch')}" if batch else "")
        return self.run_folder(kind, run_id) / f"{stem}.parquet"


def checked_name(name: str, what: str) -> str:
    """The name itself; WarehouseError where it could not be a file name."""
    if not NAME.fullmatch(name) or len(name) > 200:
        raise WarehouseError(f"{what} name {name!r} may hold only letters, digits, '.', '_' and '-', 200 at most")
    return name


def unknown(what: str, name: str, known: Iterable[str]) -> WarehouseError:
    """The error for a name that does not exist, with the nearest one that does."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"; did you mean '{near[0]}'?" if near else f" (known: {', '.join(names)})"
    return WarehouseError(f"unknown {what} '{name}'{hint}")
