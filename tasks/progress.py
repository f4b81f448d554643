"""How far a run is, read from what lies on disk: its plan, its journals and its lease; nothing is asked of Prefect."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tasks.lease import is_held, read_lease
from tasks.plan import Shard
from tasks.runs import RunRecord, run_ids
from warehouse.home import Home
from warehouse.parts import read_part, shard_uuid

RunState = Literal["waiting", "running", "publishing", "interrupted", "ended"]
_HTTP = re.compile(r"HTTP \d{3}")


@dataclass(frozen=True, slots=True)
class Tally:
    """What some journals say. `done` counts requests, each once, whatever came of it; `failed` may be tried again."""

    done: int
    failed: int
    statuses: Mapping[str, int]
    errors: Mapping[str, int]
    tokens: int
    usd: float
    since: int
    """Of `done`, those made by the process that works on the run now."""


@dataclass(frozen=True, slots=True)
class ModelProgress:
    """One model of a run: requests planned, what its journals say, and its shards that have landed."""

    model: str
    requested: int
    tally: Tally
    shards: int
    landed: int


@dataclass(frozen=True, slots=True)
class RunProgress:
    """One run. `eta_s` is None where nothing was answered yet by who works on it, or nobody does."""

    run_id: str
    state: RunState
    who: str
    began: str
    models: tuple[ModelProgress, ...]
    eta_s: float | None

    @property
    def requested(self) -> int:
        return sum(model.requested for model in self.models)

    @property
    def done(self) -> int:
        return sum(model.tally.done for model in self.models)

    @property
    def usd(self) -> float:
        return sum(model.tally.usd for model in self.models)

    @property
    def errors(self) -> dict[str, int]:
        """Kind of error → how many requests ended in it, the most frequent first."""
        return dict(sum((Counter(model.tally.errors) for model in self.models), Counter()).most_common())


def journal_path(home: Path, run_id: str, shard: Shard) -> Path:
    """Where a shard's completions are written down one by one."""
    return Home(home).journal / run_id / f"{shard.slug}.jsonl"


def tally(journals: Sequence[Path], since: str = "") -> Tally:
    """Count what journals hold; of a request that was tried again the last line counts. `since`: ISO 8601, UTC."""
    last: dict[tuple[object, ...], dict] = {}
    for path in journals:
        if path.exists():
            for line in path.read_bytes().splitlines(keepends=True):
                if line.endswith(b"\n") and (row := _row(line)):
                    last[path, row.get("completion_key"), row.get("sample_id"), row.get("repeat")] = row
    rows = list(last.values())
    statuses = Counter(str(row.get("status")) for row in rows)
    return Tally(
        done=len(rows),
        failed=statuses["infra_error"],
        statuses=dict(statuses),
        errors=dict(Counter(error_kind(row["error"]) for row in rows if row.get("error"))),
        tokens=sum((row.get("prompt_tokens") or 0) + (row.get("completion_tokens") or 0) for row in rows),
        usd=sum(row.get("cost_usd") or 0.0 for row in rows),
        # To the second, since the two are written with and without fractions.
        since=sum((row.get("created_at") or "")[:19] >= since[:19] for row in rows) if since else 0,
    )


def error_kind(said: str) -> str:
    """What an error is counted under: 'HTTP 429', 'ConnectError', 'no answer within 600 s'."""
    found = _HTTP.match(said)
    return found[0] if found else said.partition(":")[0][:60]


def progress(home: Path, run: RunRecord) -> RunProgress:
    """How far a run is. A run that was planned but never began has no models."""
    lease = read_lease(home, run.run_id)
    planned = _planned(home, run.run_id)
    since = lease.since if lease else ""
    models = tuple(
        _model(home, run.run_id, name, {shard: n for shard, n in planned.items() if shard.model == name}, since)
        for name in dict.fromkeys(shard.model for shard in planned)
    )
    requested, done = sum(m.requested for m in models), sum(m.tally.done for m in models)
    if lease is None:
        return RunProgress(run.run_id, "ended" if planned else "waiting", "", run.started_at, models, None)
    held = is_held(lease)
    ended: RunState = "ended" if lease.state == "ended" else "interrupted"
    state: RunState = ended if not held else "publishing" if requested and done >= requested else "running"
    return RunProgress(
        run.run_id, state, f"process {lease.pid} on {lease.host}", lease.since, models,
        _eta(requested - done, sum(m.tally.since for m in models), lease.since) if held else None,
    )  # fmt: skip


def unfinished(home: Path) -> list[str]:
    """The runs that somebody works on, that were cut off, or that never began; oldest first."""
    return [run for run in run_ids(home) if _is_unfinished(home, run)]


def _is_unfinished(home: Path, run_id: str) -> bool:
    lease = read_lease(home, run_id)
    return lease.state != "ended" if lease else not _plan(home, run_id).exists()


def _plan(home: Path, run_id: str) -> Path:
    return Home(home).part("plans", run_id, "plan")


def _model(home: Path, run_id: str, name: str, planned: Mapping[Shard, int], since: str) -> ModelProgress:
    places = (
        Home(home).part("completions", run_id, str(shard_uuid(run_id, name, shard.lang, shard.dataset)))
        for shard in planned
    )
    landed = sum(path.exists() for path in places)
    found = tally([journal_path(home, run_id, shard) for shard in planned], since)
    return ModelProgress(name, sum(planned.values()), found, len(planned), landed)


def _planned(home: Path, run_id: str) -> dict[Shard, int]:
    path = _plan(home, run_id)
    rows = read_part(path)[1].to_pylist() if path.exists() else []
    return {Shard(row["model_id"], row["dataset_id"], row["lang"]): row["requested"] for row in rows}


def _eta(left: int, made: int, since: str) -> float | None:
    seconds = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    return left * seconds / made if made and seconds > 0 else None


def _row(line: bytes) -> dict | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
