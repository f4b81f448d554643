"""Runs a started run through Prefect with live progress, then prints its table and what to try next."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.commands.output import percent, print_json, print_table
from flows.commands.sittings import print_sittings, sitting_rows

if TYPE_CHECKING:
    from tasks.hearing import Heard
    from tasks.preflight import Prepared
    from tasks.runs import RunRecord

RESULTS = """
select model_id, dataset_id, lang, requested, answered, scored, errored, truncated, metric, value, lo, hi,
  m.upper = 1 as is_share, wrong_language, code_switch, tokens_per_second
from v_results left join metrics m using (metric) where run_id = $run order by model_id, dataset_id, lang
"""


def execute_run(run: "RunRecord", prepared: "Prepared", *, quiet: bool, as_json: bool) -> int:
    """Run every shard; exit code 0, or 3 when a model or judge could not be served or too much failed."""
    from flows import environment
    from tasks.lease import claim

    home = environment.home()
    with claim(home, run.run_id):
        return _execute(home, run, prepared, quiet=quiet, as_json=as_json)


def _execute(home: Path, run: "RunRecord", prepared: "Prepared", *, quiet: bool, as_json: bool) -> int:
    from flows import environment

    environment.guard_children()
    environment.prepare_prefect(home)
    environment.send_spans()
    from flows.benchmark import benchmark
    from flows.commands.progress import Board
    from tasks.progress import journal_path

    totals: dict[str, int] = {}
    for shard, requested in prepared.requested().items():
        totals[shard.model] = totals.get(shard.model, 0) + requested
    journals = {
        model: [journal_path(home, run.run_id, shard) for shard in prepared.shards if shard.model == model]
        for model in totals
    }
    if not quiet and not as_json:
        print(f"run {run.run_id}: {len(prepared.shards)} shards, {prepared.requests} requests", flush=True)
    try:
        with Board(totals, journals, show=not quiet and not as_json):
            environment.start_prefect()
            outcome = asyncio.run(benchmark(run_id=run.run_id, home=str(home)))
    except KeyboardInterrupt as error:
        kept = f"what was finished is kept: 'babelgate resume {run.run_id}' continues"
        raise KeyboardInterrupt(kept) from error
    show_results(home, run.run_id, as_json=as_json, heard=outcome.heard)
    if outcome.problems and not as_json:
        print()
        for problem in outcome.problems:
            print(f"problem: {problem}")
    return 0 if outcome.status == "complete" and not any(each.problems for each in outcome.heard) else 3


def show_results(home: Path, run_id: str, *, as_json: bool, heard: "Sequence[Heard]" = ()) -> None:
    """Print language × data set: counts, the primary metric with its interval, language fidelity and speed."""
    from warehouse.connect import open_published

    with open_published(home) as connection:
        answer = connection.execute(RESULTS, {"run": run_id})
        columns = [column[0] for column in answer.description]
        rows = [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]
    if as_json:
        found = {"run": run_id, "warehouse": str(home / "published" / "current.duckdb"), "results": rows}
        print_json(found | ({"sittings": sitting_rows(heard)} if heard else {}))
        return
    header = ("model", "dataset", "lang", "asked", "answered", "scored", "errors", "metric", "value", "95 % interval",
              "wrong lang", "switching", "tokens/s")  # fmt: skip
    print()
    print_table(header, [_row(row) for row in rows])
    if heard:
        print()
        print_sittings(heard)
    print(f"\nwarehouse: {home / 'published' / 'current.duckdb'}")
    print("next:")
    print(f"  babelgate sql worst-language -p run={run_id}")
    print(f"  babelgate sql failures -p run={run_id}")
    print(f"  babelgate rescore {run_id}")


def _row(row: dict) -> tuple:
    unit = percent if row["is_share"] else lambda value: None if value is None else f"{value:.1f}"
    interval = None if row["lo"] is None else f"{unit(row['lo'])} to {unit(row['hi'])}"
    return (
        row["model_id"], row["dataset_id"], row["lang"], row["requested"], row["answered"], row["scored"],
        row["errored"], row["metric"], unit(row["value"]), interval, percent(row["wrong_language"]),
        percent(row["code_switch"]), row["tokens_per_second"] and round(row["tokens_per_second"]),
    )  # fmt: skip
