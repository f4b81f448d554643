"""`babelgate rejudge RUN`: judges read the stored answers of a run; verdicts are added, nothing is generated."""

import argparse

from flows.commands.output import percent, print_json, print_table
from flows.commands.seat import add_suite_option, find_judge


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="the run's name, or 'latest'")
    add_suite_option(parser)
    parser.add_argument("--judge", action="append", default=[], help="only this judge; may be repeated")
    parser.add_argument("--rubric", action="append", default=[], help="these rubrics instead of the judge's own")
    parser.add_argument("--against", default="", help="pairwise rubrics: the model of the run that is compared with")


def execute(arguments: argparse.Namespace) -> int:
    import asyncio

    from flows import environment
    from tasks.runs import read_run
    from tasks.suite import load_suite

    home = environment.home()
    run = read_run(home, arguments.run)
    judges = load_suite(arguments.suite).judges if arguments.suite else run.suite.judges
    where = f"suite '{arguments.suite}'" if arguments.suite else f"the suite of run {run.run_id}"
    chosen = [find_judge(judges, name, where) for name in arguments.judge] or list(judges)
    chosen = chosen or [find_judge(judges, "", where)]
    if arguments.rubric:
        chosen = [judge.model_copy(update={"rubrics": tuple(arguments.rubric)}) for judge in chosen]
    environment.guard_children()
    environment.prepare_prefect(home)
    from flows.rejudge import rejudge
    from tasks.hearing import check_judges

    check_judges(run, chosen)
    sittings = asyncio.run(rejudge(run_id=run.run_id, home=str(home), judges=chosen, against=arguments.against))
    rows = [_row(sitting) for sitting in sittings]
    if arguments.json:
        print_json({"run": run.run_id, "sittings": rows})
    else:
        print(f"{run.run_id}: verdicts were added; those before them are kept\n")
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
        print("\n'babelgate sql judges' shows the rates, and in which languages the judge is calibrated")
    return 3 if any(sitting.stopped for sitting in sittings) else 0


def _row(sitting) -> dict[str, str | int | float | None]:
    cascade, cost, flips = sitting.cascade, sitting.cost, sitting.position_flips
    return {
        "judge": sitting.judge, "rubric": sitting.rubric, "open": cascade.open, "settled": cascade.settled,
        "sent": cascade.sent, "share sent": percent(cascade.share_sent), "not judged": cascade.left_out,
        "requests": cost.requests, "cached": cost.cached,
        **{status: sitting.statuses.get(status, 0) for status in ("valid", "invalid", "cannot_judge", "infra_error")},
        "tokens": _tokens(cost), "tokens saved ~": sitting.saved_tokens, "USD": cost.usd, "seconds": cost.seconds,
        "position flips": percent(flips.value) if flips else None, "stopped": sitting.stopped or None,
    }  # fmt: skip


def _tokens(cost) -> int | None:
    counts = (cost.prompt_tokens, cost.completion_tokens)
    return None if None in counts else sum(counts)
