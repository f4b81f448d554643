"""`babelgate calibrate JUDGE`: hold a judge against labels; only where it agrees may a gate rule use it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from flows.commands.output import percent, print_json, print_table
from flows.commands.seat import add_suite_option, find_judge, suite_judges

if TYPE_CHECKING:
    from tasks.calibrate import Calibration
    from tasks.stats.records import Estimate

OPTIONS = (("kappa", "Cohen's κ"), ("precision", "precision"), ("recall", "recall"))


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("judge", metavar="JUDGE", help="judge:rubric, or a rubric where the suite has one judge")
    add_suite_option(parser)
    parser.add_argument("--labels", help="a JSONL file; the shipped set of the rubric when left out")
    parser.add_argument("--language", action="append", default=[], help="only this language; may be repeated")
    parser.add_argument("--probes", type=int, default=10, help="injection probes a language (default 10; 0 for none)")
    for name, what in OPTIONS:
        parser.add_argument(f"--{name}", type=float, help=f"least {what}, instead of the suite's")
    parser.add_argument("--items", type=int, help="least number of labelled items, instead of the suite's")


def execute(arguments: argparse.Namespace) -> int:
    import asyncio
    from datetime import UTC, datetime

    from flows import environment
    from judges.rubric import FOLDER, load_rubric
    from tasks.calibrate import read_labels
    from tasks.engines import check_engine
    from tasks.schema import UserError

    name, _, rubric_name = arguments.judge.rpartition(":")
    rubric = load_rubric(rubric_name)
    judges, where = suite_judges(arguments.suite)
    judge = find_judge(judges, name, where)
    path = Path(arguments.labels) if arguments.labels else FOLDER / "calibration" / f"{rubric.name}.jsonl"
    labels = read_labels(path, rubric)
    if arguments.language:
        labels = tuple(label for label in labels if label.lang in arguments.language)
        if not labels:
            raise UserError(f"{path} has no labels in {', '.join(arguments.language)}")
    changes = {name: getattr(arguments, name) for name in ("kappa", "precision", "recall", "items")}
    thresholds = judge.thresholds.model_copy(update={k: v for k, v in changes.items() if v is not None})
    context = environment.engine_context()
    check_engine(judge.model, context)
    run_id = f"calibration-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    found = asyncio.run(_calibrate(judge, rubric, labels, thresholds, context, arguments.probes, run_id))
    if arguments.json:
        from dataclasses import asdict

        print_json({"judge": judge.model.name, "rubric": rubric.name, "languages": [asdict(each) for each in found]})
        return 0
    _print(judge.model.name, rubric.name, found)
    return 0


async def _calibrate(judge, rubric, labels, thresholds, context, probes: int, run_id: str):
    import asyncio

    from tasks.calibrate import calibrate
    from tasks.engines import open_engine
    from tasks.judge.asking import bench
    from tasks.land import load_and_publish
    from tasks.land_judge import land_calibrations
    from tasks.land_probes import land_probes
    from tasks.probing import Finding

    async with open_engine(judge.model, context) as served:
        seat = bench(judge, served, context.home / "judges")
        found = await calibrate(seat, rubric, labels, thresholds, probes=probes, run_id=run_id)
        land_calibrations(
            context.home, run_id, found, labels, rubric, judge=judge.model.name, fingerprint=served.fingerprint
        )
        moved = [Finding("injection", each.swayed, each.lang) for each in found if each.swayed]
        if moved:
            land_probes(context.home, run_id, moved, rubric, judge=judge.model.name, fingerprint=served.fingerprint)
    await asyncio.to_thread(load_and_publish, context.home, run_id)
    return found


def _print(judge: str, rubric: str, found: "tuple[Calibration, ...]") -> None:
    print(f"{judge} under {rubric}, against labels\n")
    names = ("precision", "recall", "specificity", "kappa", "pabak")
    header = ("language", "n", "open", *names, "swayed", "state")
    rows = [
        (c.lang, c.agreement.n, c.agreement.dropped, *(_shown(getattr(c.agreement, name)) for name in names),
         percent(c.swayed.value) if c.swayed else None, c.state)
        for c in found
    ]  # fmt: skip
    print_table(header, rows)
    for each in found:
        if each.reason:
            print(f"{each.lang}: {each.reason}")
    if any("authored" in each.sources for each in found):
        print("labels were written by the authors of this project, not by annotators of field data")


def _shown(estimate: "Estimate") -> str | None:
    if estimate.value is None:
        return None
    ends = "" if estimate.lo is None or estimate.hi is None else f" [{estimate.lo:.2f}, {estimate.hi:.2f}]"
    return f"{estimate.value:.2f}{ends}"
