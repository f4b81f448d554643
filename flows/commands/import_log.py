"""`babelgate import-log FILE`: land the answers and scores that another evaluation tool logged, as a run."""

import argparse
from pathlib import Path

from flows.commands.output import print_json


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="lm-eval: results_*.json or samples_*.jsonl; Inspect: .eval or .json")
    parser.add_argument("--tool", required=True, choices=["lm-eval", "inspect"], help="what wrote the log")
    parser.add_argument("--language", help="of every answer, where the log does not say it")
    parser.add_argument("--model", help="the name under which the answers are kept; the log's own else")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from tasks.peers import READERS
    from tasks.peers.land import land_log

    home = environment.home()
    log = READERS[arguments.tool](arguments.file, arguments.language)
    run_id = land_log(home, log, arguments.model)
    if arguments.json:
        print_json({"run": run_id, "answers": len(log.answers)})
        return 0
    print(f"{run_id}: {len(log.answers)} answers of {log.model}")
    print(f"  babelgate sql results -p run={run_id}")
    print(f"  babelgate report {run_id}")
    return 0
