"""`babelgate suites list|show|check`: what can be run, and whether a suite's YAML is right."""

import argparse
from typing import TYPE_CHECKING

from flows.commands.output import print_json, print_table

if TYPE_CHECKING:
    from tasks.suite import Suite


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["list", "show", "check"])
    parser.add_argument("suite", nargs="?", help="a shipped suite's name or a YAML file")


def execute(arguments: argparse.Namespace) -> int:
    from tasks.schema import UserError
    from tasks.suite import load_suite, suite_names

    if arguments.verb == "list":
        suites = [load_suite(name) for name in suite_names()]
        if arguments.json:
            print_json([suite.model_dump(mode="json") for suite in suites])
        else:
            print_table(
                ("suite", "models", "datasets", "title"),
                [(s.name, len(s.models), ", ".join(s.datasets), s.title) for s in suites],
            )
        return 0
    if not arguments.suite:
        raise UserError(f"'suites {arguments.verb}' needs the name of a suite or a YAML file")
    suite = load_suite(arguments.suite)
    if arguments.verb == "show":
        print_json(suite.model_dump(mode="json"))
        return 0
    return _check(suite, arguments)


def _check(suite: "Suite", arguments: argparse.Namespace) -> int:
    from flows import environment
    from tasks.preflight import prepare

    prepared = prepare(suite, environment.engine_context())
    document = {
        "suite": suite.name,
        "shards": len(prepared.shards),
        "requests": prepared.requests,
        "findings": [finding.message for found in prepared.findings.values() for finding in found],
    }
    if arguments.json:
        print_json(document)
    else:
        print(f"{suite.name} is right: {document['shards']} shards, {document['requests']} requests")
        for message in document["findings"]:
            print(f"  note: {message}")
    return 0
