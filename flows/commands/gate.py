"""`babelgate gate RUN --policy P`: may the model ship? GO, NO-GO or INCONCLUSIVE with reasons; needs no server."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from flows.commands.output import print_table

if TYPE_CHECKING:
    from tasks.gate import GateReport

CODES = {"GO": 0, "NO-GO": 1, "INCONCLUSIVE": 2}
DECIDED = """
select model_id, arg_max(run_id, decided_at), arg_max(reasons, decided_at) from decisions
where list_contains(?, model_id) group by all order by all
"""
FORMATS = ("table", "markdown", "junit", "json")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", help="the run's name, or 'latest'")
    parser.add_argument("--from-run", metavar="RUN", help="the same, for scripts that like names")
    parser.add_argument("--suite", metavar="SUITE", help="run this suite first, through Prefect")
    parser.add_argument(
        "--top-up", nargs="+", type=int, default=[], metavar="ITEMS",
        help="with --suite: items a language at each look; what is undecided gets the next, and the looks are paid for",
    )  # fmt: skip
    parser.add_argument("--policy", required=True, help="a shipped policy's name or a YAML file")
    parser.add_argument("--baseline", metavar="RUN|TAG", help="what margins compare with, instead of the policy's own")
    parser.add_argument("--baseline-model", metavar="MODEL", help="its model, where it has several")
    parser.add_argument("--model", help="only this model; all of the run's when left out, and the worst outcome counts")
    parser.add_argument("--format", choices=FORMATS, default="table")
    parser.add_argument("--output", type=Path, help="write there instead of to standard output")
    parser.add_argument("--no-selftest", action="store_true", help="do not run the self-test where the run has none")


def execute(arguments: argparse.Namespace) -> int:
    """0 GO, 1 NO-GO, 2 INCONCLUSIVE; with several models the worst."""
    from flows import environment
    from tasks.gate_read import Reader, Subject, models_of
    from tasks.land_gate import land_decision, prove
    from tasks.policy import load_policy
    from tasks.schema import UserError
    from warehouse.connect import open_published

    policy = load_policy(arguments.policy)
    if arguments.suite is not None:
        return _run_and_gate(arguments)
    if arguments.top_up:
        raise UserError("--top-up wants --suite SUITE: a run is topped up by running its suite")
    if (arguments.run is None) == (arguments.from_run is None):
        raise UserError("name one run: babelgate gate RUN --policy POLICY")
    home = environment.home()
    with open_published(home) as connection:
        run, models = models_of(Reader(connection), arguments.run or arguments.from_run)
        if arguments.model and arguments.model not in models:
            raise UserError(f"run {run} has no model '{arguments.model}' (it has {', '.join(models)})")
    if not arguments.no_selftest:
        prove(home, run)
    chosen = [arguments.model] if arguments.model else models
    reports = [_gate(home, Subject(run, model), policy, arguments) for model in chosen]
    for report in reports:
        land_decision(home, report)
    _show(reports, "json" if arguments.json else arguments.format, arguments.output)
    return _code([report.outcome for report in reports])


def _run_and_gate(arguments: argparse.Namespace) -> int:
    """Run the suite and decide by the flow; the reports lie in the warehouse, their reasons are printed."""
    import asyncio
    import json

    from flows import environment
    from flows.commands.output import print_json
    from tasks.schema import UserError
    from warehouse.connect import open_published

    if arguments.run or arguments.from_run or arguments.model:
        raise UserError("with --suite the run is made anew and all its models are decided: leave RUN and --model out")
    home = environment.home()
    environment.guard_children()
    environment.prepare_prefect(home)
    from flows.gate import gate

    environment.start_prefect()
    outcomes = asyncio.run(
        gate(policy=arguments.policy, suite=arguments.suite, baseline=arguments.baseline, limits=arguments.top_up,
             selftest=not arguments.no_selftest)
    )  # fmt: skip
    with open_published(home) as connection:
        rows = connection.execute(DECIDED, [list(outcomes)]).fetchall()
    told = {model: {"run": run, "outcome": outcomes[model], "reasons": json.loads(why)} for model, run, why in rows}
    if arguments.json:
        print_json(told)
    for model, found in {} if arguments.json else told.items():
        print(f"{found['outcome']}: {model} (run {found['run']})")
        for reason in found["reasons"]:
            print(f"- {reason}")
    return _code(outcomes.values())


def _code(outcomes) -> int:
    """The worst outcome's exit code."""
    return next(CODES[outcome] for outcome in ("NO-GO", "INCONCLUSIVE", "GO") if outcome in set(outcomes))


def _gate(home: Path, subject, policy, arguments: argparse.Namespace) -> "GateReport":
    from tasks.gate import gate
    from tasks.gate_read import Reader
    from warehouse.connect import open_published

    with open_published(home) as connection:
        return gate(Reader(connection), subject, policy, baseline=arguments.baseline,
                    baseline_model=arguments.baseline_model)  # fmt: skip


def _show(reports: "list[GateReport]", form: str, output: Path | None) -> None:
    import sys

    from tasks.gate_outputs import document, junit, markdown

    if form == "table" and output is None:
        for report in reports:
            _print(report)
        return
    if form == "json":
        import json

        documents = [document(report) for report in reports]
        whole = documents[0] if len(documents) == 1 else {"models": documents}
        text = json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    elif form == "junit":
        text = junit(reports)
    else:
        text = "\n".join(markdown(report) for report in reports)
    if output is None:
        sys.stdout.write(text)
        return
    output.write_text(text, encoding="utf-8", errors="replace")
    for report in reports:
        print(f"{report.outcome} {report.subject.model}: written to {output}")


def _print(report: "GateReport") -> None:
    from tasks.gate_outputs import sentences, table
    from tasks.gate_outputs.table import HEADER
    from tasks.gate_outputs.words import headline

    print(headline(report))
    for sentence in sentences(report):
        print(f"- {sentence}")
    print()
    print_table(HEADER, table(report))
    print(f"\nnext:\n  babelgate sql rules -p run={report.subject.run_id}")
    for query in dict.fromkeys(row.query for row in report.rows if row.verdict == "FAIL"):
        print(f"  {query}")
