"""`babelgate selftest`: recompute known results, so that a wrong scorer is found before it judges a model."""

import argparse

from flows.commands.output import print_json, print_table


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--deep", action="store_true", help="also the recorded models of local data (minutes)")


def execute(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from flows import environment
    from tasks.selftest import run_selftest

    result = run_selftest(environment.data_dir(), deep=arguments.deep)
    failed = [outcome for outcome in result.outcomes if outcome.state == "fail"]
    if arguments.json:
        print_json(asdict(result) | {"passed": not failed})
    else:
        print_table(("check", "state", "detail"), [(o.name, o.state, o.detail) for o in result.outcomes])
        print(f"\n{len(result.outcomes)} checks, {len(failed)} failed")
    return 3 if failed else 0
