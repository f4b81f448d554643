"""`babelgate rejudge RUN`: judges read the stored answers of a run; verdicts are added, nothing is generated."""

import argparse

from flows.commands.output import print_json
from flows.commands.seat import add_suite_option, find_judge
from flows.commands.sittings import print_sittings, sitting_rows


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
    from tasks.judge.admission import check_judges

    check_judges(chosen, run.suite.models, environment.engine_context(home), against=arguments.against)
    environment.start_prefect()
    heard = asyncio.run(rejudge(run_id=run.run_id, home=str(home), judges=chosen, against=arguments.against))
    if arguments.json:
        print_json({"run": run.run_id, "sittings": sitting_rows(heard)})
    else:
        print(f"{run.run_id}: verdicts were added; those before them are kept\n")
        print_sittings(heard)
    return 3 if any(each.problems for each in heard) else 0
