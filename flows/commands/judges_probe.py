"""`babelgate judges probe JUDGE`: tempts a judge with a run's answers, and keeps what moved it."""

import argparse
import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flows.commands.output import percent, print_json, print_table
from flows.commands.seat import find_judge

if TYPE_CHECKING:
    from judges.rubric import Rubric
    from tasks.engines import EngineContext
    from tasks.judge.records import JudgeCase, Verdict
    from tasks.probing import Finding
    from tasks.runs import RunRecord
    from tasks.suite import Judge

PAIRWISE = "pairwise_preference"


def probe(arguments: argparse.Namespace) -> int:
    """Position, verbosity and self-preference with pairs, orders in answers under the judge's own rubrics."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from flows import environment
    from tasks.land import load_and_publish
    from tasks.land_probes import land_probes
    from tasks.runs import read_run
    from tasks.suite import load_suite

    context = environment.engine_context()
    run = read_run(context.home, arguments.run)
    judges = load_suite(arguments.suite).judges if arguments.suite else run.suite.judges
    judge = find_judge(judges, arguments.name or "", f"suite '{arguments.suite or run.suite.name}'")
    others = [each for each in judges if each.model.family != judge.model.family]
    fingerprint, found = asyncio.run(_probe(run, judge, others, context, arguments))
    name = f"probe-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    for rubric, findings in found:
        land_probes(context.home, name, findings, rubric, judge=judge.model.name, fingerprint=fingerprint)
    load_and_publish(context.home, name)
    if arguments.json:
        listed = [
            {"rubric": r.name, "state": f.state, "tolerance": f.tolerance, **asdict(f)} for r, fs in found for f in fs
        ]
        print_json({"judge": judge.model.name, "run": run.run_id, "probes": listed})
        return 0
    _print(judge.model.name, run.run_id, found)
    return 0


async def _probe(
    run: "RunRecord", judge: "Judge", others: "Sequence[Judge]", context: "EngineContext", arguments: argparse.Namespace
) -> "tuple[str, list[tuple[Rubric, list[Finding]]]]":
    from judges.rubric import load_rubric
    from tasks.engines import open_engine
    from tasks.judge.asking import bench
    from tasks.probing import answers_to_probe, kinship_of, pairs_to_probe, probe_injection, probe_pairwise

    pairwise, home, count = load_rubric(PAIRWISE), context.home, arguments.count
    pairs = pairs_to_probe(home, run, pairwise, against=arguments.against, count=count)
    async with open_engine(judge.model, context) as served:
        seat = bench(judge, served, home / "judges")
        singles = answers_to_probe(home, run, pairwise, count=count)
        findings, verdicts = await probe_pairwise(seat, pairwise, pairs, singles, run_id=run.run_id)
        found = [(pairwise, findings)]
        for rubric in map(load_rubric, judge.rubrics):
            if rubric.header.kind == "absolute" and rubric.name != "equivalence":
                answers = answers_to_probe(home, run, rubric, count=count)
                found.append((rubric, [await probe_injection(seat, rubric, answers, run_id=run.run_id)]))
    said = [(judge.model.family, verdict) for verdict in verdicts]
    if pairs:
        said += [pair for other in others for pair in await _hear_other(other, context, pairwise, pairs, run.run_id)]
    findings.append(kinship_of(run, judge.model.family, said))
    return seat.endpoint.fingerprint, found


async def _hear_other(
    judge: "Judge", context: "EngineContext", rubric: "Rubric", pairs: "Sequence[JudgeCase]", run_id: str
) -> "list[tuple[str, Verdict]]":
    """A judge of another family on the same pairs, both orders merged."""
    from tasks.engines import open_engine
    from tasks.judge.asking import bench, judge_cases
    from tasks.judge.jury import both_orders
    from tasks.judge.probes import swapped

    async with open_engine(judge.model, context) as served:
        seat = bench(judge, served, context.home / "judges")
        judged = await judge_cases(seat, rubric, [*pairs, *swapped(pairs)], run_id=run_id)
    return [(judge.model.family, verdict) for verdict in both_orders(judged.verdicts)]


def _print(judge: str, run_id: str, found: "list[tuple[Rubric, list[Finding]]]") -> None:
    print(f"{judge}, probed with answers of {run_id}\n")
    rows = []
    for rubric, findings in found:
        for each in findings:
            it = each.found
            ends = None if it.lo is None or it.hi is None else f"{it.lo:.1%} to {it.hi:.1%}"
            rows.append((each.probe, rubric.name, it.n, percent(it.value), ends, percent(each.tolerance), each.state))
    print_table(("probe", "rubric", "n", "found", "95 % interval", "tolerated", "state"), rows)
    for _, findings in found:
        for each in findings:
            if each.found.reason:
                print(f"{each.probe}: {each.found.reason}")
