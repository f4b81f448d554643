"""Reads what a gate weighs out of the published warehouse into frozen records; decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import warehouse
from datasets_cfg.strict_yaml import nearest
from tasks.schema import UserError

if TYPE_CHECKING:
    import duckdb

QUERIES = Path(warehouse.__file__).parent / "evidence"
Value = str | list[str]
Row = tuple


@dataclass(frozen=True, slots=True)
class Subject:
    """One model of one run."""

    run_id: str
    model: str


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a data set in one language; `cluster` is its source, shared over languages."""

    dataset: str
    lang: str
    item: str
    parallel: str
    cluster: str
    category: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What pairs the item with the same one of another run."""
        return self.dataset, self.lang, self.item

    @property
    def source(self) -> str:
        """The independent unit that the item belongs to."""
        return f"{self.dataset}/{self.cluster}"


@dataclass(frozen=True, slots=True)
class Observation:
    """A number of one item, repeats averaged; None where there is none."""

    of: Item
    value: float | None


@dataclass(frozen=True, slots=True)
class Shard:
    """A planned or landed shard: completions asked for, answered, lost to infrastructure, and never come."""

    dataset: str
    lang: str
    requested: int
    answered: int
    errored: int
    missing: int


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """A data set as a run had it."""

    kind: str
    version: str
    revision: str
    config_hash: str
    primary_metric: str


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is stated about a model; empty where it is not. `parameters` are billions."""

    fingerprint: str
    licence: str
    data_residency: str
    parameters: float | None
    revision: str
    engine: str
    config: str


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A model's run as a gate must know it."""

    subject: Subject
    status: str
    kind: str
    started_at: str
    message: str
    model: ModelFacts
    datasets: Mapping[str, DatasetFacts]
    shards: tuple[Shard, ...]
    selftest: tuple[tuple[str, str, str], ...]
    """(check, pass, fail or skipped, detail); empty where none was run."""
    broken_data: tuple[tuple[str, str], ...]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(shard.lang for shard in sorted(self.shards, key=lambda s: s.lang)))


class Reader:
    """Runs the queries of warehouse/evidence on one open warehouse."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection") -> None:
        self._connection = connection

    def rows(self, query: str, given: Mapping[str, Value] | None = None) -> list[Row]:
        """All rows of warehouse/evidence/<query>.sql."""
        return self._connection.execute((QUERIES / f"{query}.sql").read_text(), dict(given or {})).fetchall()

    def of(self, query: str, subject: Subject, more: Mapping[str, Value] | None = None) -> list[Row]:
        """All rows of a query about one model of one run."""
        return self.rows(query, {"run": subject.run_id, "model": subject.model, **(more or {})})


def run_facts(reader: Reader, subject: Subject) -> RunFacts:
    """Everything about a model's run but its items. The subject must be there (see `find_subject`)."""
    run = {"run": subject.run_id}
    status, kind, started_at, message = reader.rows("run", run)[0]
    models = {row[0]: ModelFacts(*row[1:]) for row in reader.rows("models", run)}
    return RunFacts(
        subject, status, kind, str(started_at), message, models[subject.model],
        {row[0]: DatasetFacts(*row[1:]) for row in reader.rows("datasets", run)},
        tuple(Shard(*row) for row in reader.of("cells", subject)),
        tuple((name, state, detail) for name, state, detail in reader.rows("selftests", run)),
        tuple((dataset, message) for dataset, message in reader.rows("findings", run)),
    )  # fmt: skip


def models_of(reader: Reader, run_id: str) -> tuple[str, tuple[str, ...]]:
    """The run's name ('latest' is the newest) and its models; UserError names the nearest run."""
    found: dict[str, list[str]] = {}
    for run, model in reader.rows("runs"):
        found.setdefault(run, []).append(model)
    wanted = next(iter(found), run_id) if run_id == "latest" else run_id
    if wanted not in found:
        raise UserError(f"no run '{run_id}' in the warehouse{nearest(run_id, found) or _newest(found)}")
    return wanted, tuple(found[wanted])


def find_subject(reader: Reader, run_id: str, model: str | None) -> Subject:
    """One model of a run; UserError where the run or the model is not there, or it has several and none is named."""
    run, models = models_of(reader, run_id)
    if model is None and len(models) == 1:
        return Subject(run, models[0])
    if model is None:
        raise UserError(f"run {run} has several models: name one with --model ({', '.join(models)})")
    if model not in models:
        raise UserError(f"run {run} has no model '{model}'{nearest(model, models)} (it has {', '.join(models)})")
    return Subject(run, model)


def find_baseline(reader: Reader, name: str, candidate: Subject, model: str | None) -> Subject | None:
    """The model of a run or tag to compare with: the candidate's namesake where there is one, else the only one.

    None where neither run nor tag has that name. UserError where the choice is open, or the named model is not there.
    """
    tagged = {of: run for run, of in reader.rows("tagged", {"tag": name})}
    there = tagged or {of: run for run, of in reader.rows("runs") if run == name}
    if not there:
        return None
    wanted = model or (candidate.model if candidate.model in there else next(iter(there)) if len(there) == 1 else None)
    if wanted is None:
        raise UserError(f"'{name}' has several models: name one with --baseline-model ({', '.join(there)})")
    if wanted not in there:
        raise UserError(f"'{name}' has no model '{wanted}'{nearest(wanted, there)} (it has {', '.join(there)})")
    return Subject(there[wanted], wanted)


def _newest(found: Mapping[str, list[str]]) -> str:
    return f"; the newest is '{next(iter(found))}'" if found else "; 'babelgate run' makes one"
