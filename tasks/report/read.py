"""Asks the published warehouse for everything that a report shows; only here is there SQL, and only over its views."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tasks.report import records, records_answers, records_experts, records_judges
from tasks.schema import UserError
from warehouse.connect import open_published
from warehouse.named import HERE as NAMED

if TYPE_CHECKING:
    import duckdb

QUERIES = Path(__file__).parent / "queries"
Parameter = str | int | list[str]
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that the page of one run shows. `base` is the run that it is compared with, None without one."""

    run: records.Run
    base: str | None
    gates: list[records.Gate]
    rules: list[records.Rule]
    languages: list[records.Language]
    cells: list[records.Cell]
    gaps: list[records.Gap]
    pairs: list[records.Pair]
    consistency: list[records.Consistency]
    switches: list[records.Switch]
    models: list[records.ModelLine]
    lengths: list[records.Length]
    experts: list[records_experts.ExpertUse]
    judges: list[records_judges.JudgeRate]
    probes: list[records_judges.JudgeProbe]
    nights: list[records.Night]
    counts: list[records.Count]
    failures: list[records_answers.Failure]
    failure_counts: list[records_answers.FailureCount]
    verdicts: list[records_answers.Verdict]
    changes: list[records_answers.Change]
    makings: list[records_answers.Making]
    servers: list[records_answers.Server]
    findings: list[records_answers.Found]


def read_results(home: Path, run_id: str, base: str | None, answers: int) -> Results:
    """The results of a run ('latest': the newest), beside those of `base`; about `answers` failures of all.

    UserError where a run is not in the published warehouse, naming the nearest one that is.
    """
    with open_published(home) as con:
        run = _resolve(con, run_id)
        base = _resolve(con, base) if base else None
        of: dict[str, Parameter] = {"run": run}
        counts = ask(con, "completeness", records.Count, of)
        few = {"per_cell": max(1, answers // max(1, len(counts)))}
        failures = ask(con, "failures", records_answers.Failure, of | few)
        shown = [failure.completion_id for failure in failures]
        return Results(
            run=ask(con, "run", records.Run, of)[0],
            base=base,
            gates=ask(con, "gates", records.Gate, of),
            rules=ask(con, "rules", records.Rule, of),
            languages=ask(con, "languages", records.Language, of),
            cells=ask(con, "cells", records.Cell, of),
            gaps=ask(con, "english", records.Gap, of),
            pairs=ask(con, "pairs", records.Pair, of),
            consistency=ask(con, "consistency", records.Consistency, of),
            switches=ask(con, "switches", records.Switch, of),
            models=ask(con, "models", records.ModelLine, of),
            lengths=ask(con, "lengths", records.Length, of),
            experts=ask(con, "experts", records_experts.ExpertUse, of, here=NAMED),
            judges=ask(con, "judges", records_judges.JudgeRate, of),
            probes=ask(con, "judge_probes", records_judges.JudgeProbe, of),
            nights=ask(con, "trend", records.Night, of),
            counts=counts,
            failures=failures,
            failure_counts=ask(con, "failure_counts", records_answers.FailureCount, of),
            verdicts=ask(con, "verdicts", records_answers.Verdict, of | {"shown": shown}),
            changes=ask(con, "regression", records_answers.Change, of | {"base": base}) if base else [],
            makings=ask(con, "provenance", records_answers.Making, of),
            servers=ask(con, "servers", records_answers.Server, of),
            findings=ask(con, "findings", records_answers.Found, of),
        )


def read_runs(home: Path) -> list[records.RunLine]:
    """Every run of the published warehouse with its latest verdicts, the newest first."""
    with open_published(home) as con:
        return ask(con, "runs", records.RunLine)


def resolve_run(home: Path, run_id: str) -> str:
    """The run's name, 'latest' being the newest; UserError names the nearest one where there is none."""
    with open_published(home) as con:
        return _resolve(con, run_id)


def ask(
    con: "duckdb.DuckDBPyConnection", name: str, record: type[Record], given: Mapping[str, Parameter] | None = None,
    *, here: Path = QUERIES,
) -> list[Record]:  # fmt: skip
    """The rows of <here>/<name>.sql, each as a record whose fields are the query's columns, in their order."""
    answer = con.execute((here / f"{name}.sql").read_text(encoding="utf-8"), given)
    columns, wanted = [c[0] for c in answer.description or ()], [f.name for f in fields(record)]  # type: ignore[arg-type]
    if columns != wanted:
        raise TypeError(f"{name}.sql gives {columns}, {record.__name__} wants {wanted}")
    return [record(*row) for row in answer.fetchall()]


def _resolve(con: "duckdb.DuckDBPyConnection", run_id: str) -> str:
    known = [row[0] for row in con.execute("SELECT run_id FROM v_runs ORDER BY started_at").fetchall()]
    if run_id == "latest" and known:
        return known[-1]
    if run_id not in known:
        near = difflib.get_close_matches(run_id, known, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else f"; the newest is '{known[-1]}'" if known else ""
        raise UserError(f"no run '{run_id}' in the published warehouse{hint}")
    return run_id
