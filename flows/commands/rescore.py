"""`babelgate rescore RUN`: score the stored completions again, as new rows beside the old ones."""

import argparse

from flows.commands.output import print_json


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="the run's name, or 'latest'")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from flows.commands.execute import show_results
    from tasks.rescore import rescore
    from tasks.runs import read_run

    home = environment.home()
    run = read_run(home, arguments.run)
    batch, shards = rescore(home, run)
    if arguments.json:
        print_json({"run": run.run_id, "batch": batch, "shards": shards})
        return 0
    print(f"{run.run_id}: {shards} shards scored again as batch {batch}; the scores before it are kept")
    show_results(home, run.run_id, as_json=False)
    return 0
