"""A run's own record: what was asked for, written once when it starts, so that any process can continue it."""

import difflib
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from tasks.schema import UserError, digest
from tasks.suite import Model, Strict, Suite

RunKind = Literal["adhoc", "nightly", "gate", "import"]


class RunRecord(Strict):
    """What a run is made of. `datasets` maps each data set to the hash of its YAML when the run began."""

    run_id: str
    kind: RunKind
    suite: Suite
    datasets: dict[str, str]
    data_dir: str | None
    code_version: str
    config_hash: str
    started_at: str

    def model(self, name: str) -> Model:
        """The suite's model of that name."""
        return next(model for model in self.suite.models if model.name == name)


def start_run(
    home: Path, suite: Suite, *, datasets: Mapping[str, str], data_dir: Path | None, kind: RunKind = "adhoc"
) -> RunRecord:
    """Name a new run and write its record; the name sorts by time and does not repeat."""
    now = datetime.now(UTC)
    run = RunRecord(
        run_id=f"{suite.name}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        kind=kind,
        suite=suite,
        datasets=dict(datasets),
        data_dir=str(data_dir) if data_dir else None,
        code_version=code_version(),
        config_hash=digest(suite.model_dump(mode="json", exclude={"dataset_folder"}), dict(datasets)),
        started_at=now.isoformat(),
    )
    path = record_path(home, run.run_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=False)
    except OSError as error:
        raise UserError(f"{home} cannot be written ({error.strerror}): set BABELGATE_HOME to another folder") from error
    waiting = path.with_suffix(".tmp")
    with waiting.open("w") as file:
        file.write(run.model_dump_json(indent=1))
        file.flush()
        os.fsync(file.fileno())
    waiting.rename(path)
    return run


def record_path(home: Path, run_id: str) -> Path:
    """Where the record of a run lies."""
    return home / "runs" / run_id / "run.json"


def run_ids(home: Path) -> list[str]:
    """Every run that was started under this home, oldest first."""
    records = (home / "runs").glob("*/run.json")
    return [path.parent.name for path in sorted(records, key=lambda path: path.stat().st_mtime_ns)]


def read_run(home: Path, run_id: str) -> RunRecord:
    """The record of a run; 'latest' is the newest. UserError names the nearest run when there is none."""
    known = run_ids(home)
    if run_id == "latest" and known:
        run_id = known[-1]
    if run_id not in known:
        near = difflib.get_close_matches(run_id, known, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else f"; the newest is '{known[-1]}'" if known else ""
        raise UserError(f"no run '{run_id}' under {home}{hint}")
    path = record_path(home, run_id)
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UserError(f"{path} is not a run record of this version: {error.errors()[0]['msg']}") from error


def code_version() -> str:
    """The package's version and, in a checkout, the commit that is checked out."""
    git = Path(__file__).parent.parent / ".git"
    head = git / "HEAD"
    if not head.is_file():
        return version("babelgate")
    reference = head.read_text().strip()
    loose = git / reference.removeprefix("ref: ")
    commit = loose.read_text().strip() if loose.is_file() else reference
    return f"{version('babelgate')}+g{commit[:12]}" if not commit.startswith("ref:") else version("babelgate")
