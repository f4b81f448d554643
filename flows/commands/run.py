"""`babelgate run SUITE`: the main job, from a YAML to a table."""

import argparse

from flows.commands.execute import execute_run
from flows.commands.given import count


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("suite", help="a shipped suite's name or a YAML file")
    parser.add_argument("--limit", type=count, help="items per shard, instead of the suite's")
    parser.add_argument("--model", action="append", default=[], help="only this model of the suite; may be repeated")
    parser.add_argument("--dataset", action="append", default=[], help="only this data set; may be repeated")
    parser.add_argument("--language", action="append", default=[], help="only this language; may be repeated")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from flows.commands.select import narrowed
    from tasks.preflight import prepare
    from tasks.runs import start_run
    from tasks.suite import load_suite

    suite = narrowed(load_suite(arguments.suite), arguments)
    context = environment.engine_context()
    prepared = prepare(suite, context)
    run = start_run(context.home, suite, datasets=prepared.hashes(), data_dir=context.data_dir)
    return execute_run(run, prepared, quiet=arguments.quiet, as_json=arguments.json)
