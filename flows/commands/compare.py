"""`babelgate compare A B …`: models head to head by language, and which to use where under constraints."""

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="RUN_OR_MODEL", help="a run, RUN/MODEL, a model or a tag")
    parser.add_argument(
        "--quantity", default="accuracy", help="what is compared: accuracy, code_switch, consistency, …"
    )
    parser.add_argument("--alpha", type=float, default=0.05, help="chance of any false winner (default 0.05)")
    parser.add_argument(
        "--constraints", nargs="+", default=[], metavar="NAME=VALUE",
        help="licence=A|B, data_residency=A|B, max-usd-per-1000=, max-latency-ms= (95th percentile), max-gpu-gb=",
    )  # fmt: skip
    parser.add_argument("--format", choices=["table", "markdown", "html", "json"], default="table")
    parser.add_argument("--output", type=Path, help="write there instead of to standard output")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from tasks.compare import compare, find_subjects
    from tasks.compare_facts import read_constraints
    from tasks.gate_read import Reader
    from tasks.schema import UserError
    from warehouse.connect import open_published

    constraints = read_constraints(arguments.constraints)
    if not 0 < arguments.alpha < 0.5:
        raise UserError(f"--alpha lies between 0 and 1/2, not {arguments.alpha:g}")
    with open_published(environment.home()) as connection:
        reader = Reader(connection)
        subjects = [subject for name in arguments.names for subject in find_subjects(reader, name)]
        found = compare(reader, subjects, quantity=arguments.quantity, alpha=arguments.alpha, constraints=constraints)
    _show(found, "json" if arguments.json else arguments.format, arguments.output)
    return 0


def _show(found, form: str, output: Path | None) -> None:
    import json
    import sys

    from flows.commands.output import print_table
    from tasks.compare_outputs import (
        ADVICE,
        DUELS,
        MODELS,
        advice_rows,
        compare_document,
        compare_markdown,
        duel_rows,
        model_rows,
        notes,
    )

    if form == "table" and output is None:
        for header, rows in ((MODELS, model_rows(found)), (DUELS, duel_rows(found)), (ADVICE, advice_rows(found))):
            print_table(header, rows)
            print()
        for why in found.excluded.values():
            print(f"left out: {why}")
        print(notes(found))
        return
    if form == "html":
        from tasks.compare_page import compare_page

        text = compare_page(found)
    elif form == "json":
        text = json.dumps(compare_document(found), ensure_ascii=False, indent=1, allow_nan=False, default=str) + "\n"
    else:
        text = compare_markdown(found)
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
        print(f"written to {output}")
