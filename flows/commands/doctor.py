"""`babelgate doctor`: what a run would meet here, from versions to data; starts nothing."""

import argparse

from flows.commands.output import print_json, print_table


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = "versions, disk, GPUs, Prefect's server, data sets, and what was left behind"


def execute(arguments: argparse.Namespace) -> int:
    """0 where a run can start, 3 where something stands in its way."""
    from dataclasses import asdict

    from flows import environment
    from tasks.doctor import examine

    checks = list(examine(environment.engine_context(data=environment.named_data_dir())))
    if arguments.json:
        print_json([asdict(check) for check in checks])
    else:
        print_table(("", "what", "found"), [(check.state, check.name, check.said) for check in checks])
    problems = [check for check in checks if check.state == "problem"]
    if problems and not arguments.json:
        print(f"\n{len(problems)} of {len(checks)} checks found a problem: {', '.join(c.name for c in problems)}")
    return 3 if problems else 0
