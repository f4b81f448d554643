"""`babelgate export VIEW|all|run`: write results as Parquet or CSV, or a whole run as a Hugging Face data set."""

import argparse
from pathlib import Path

from flows.commands.output import print_json, print_table


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("view", help="a view (accuracy or v_accuracy), 'all', or 'run' for a Hugging Face data set")
    parser.add_argument("--run", help="only this run; 'latest' is the newest. 'all' and 'run' take the newest else")
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet")
    parser.add_argument("--output", type=Path, required=True, help="a file for one view, a folder else")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from tasks.export import export_all, export_dataset, export_view
    from tasks.report import resolve_run

    home = environment.home()
    whole = arguments.view in ("all", "run")
    run = resolve_run(home, arguments.run or "latest") if whole or arguments.run else None
    if arguments.view == "run":
        written = export_dataset(home, run or "", arguments.output)
    elif whole:
        written = export_all(home, run or "", arguments.format, arguments.output)
    else:
        written = [export_view(home, arguments.view, run, arguments.format, arguments.output)]
    if arguments.json:
        print_json([{"file": str(each.path), "rows": each.rows} for each in written])
    else:
        print_table(("file", "rows"), [(str(each.path), each.rows) for each in written])
    return 0
