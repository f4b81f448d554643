"""`babelgate export VIEW|all|run`: write results as Parquet or CSV, or a whole run as a Hugging Face data set."""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from flows.commands.output import print_json, print_table

if TYPE_CHECKING:
    from tasks.export import Written


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("view", help="a view (accuracy or v_accuracy), 'all', or 'run' for a Hugging Face data set")
    parser.add_argument("--run", help="only this run; 'latest' is the newest. 'all' and 'run' take the newest else")
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet")
    parser.add_argument("--output", required=True, help="a file for one view, a folder else; or s3://… and the like")


def execute(arguments: argparse.Namespace) -> int:
    """Writes the files; for an address elsewhere into a folder of their own first, from which they are sent."""
    if "://" not in arguments.output:
        return _say(arguments, _written(arguments, Path(arguments.output)))
    from tasks.export.remote import upload

    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder, "export")
        written = _written(arguments, local)
        upload(local, arguments.output)
    return _say(arguments, written)


def _written(arguments: argparse.Namespace, output: Path) -> list["Written"]:
    from flows import environment
    from tasks.export import export_all, export_dataset, export_view
    from tasks.report import resolve_run

    home = environment.home()
    whole = arguments.view in ("all", "run")
    run = resolve_run(home, arguments.run or "latest") if whole or arguments.run else None
    if arguments.view == "run":
        return export_dataset(home, run or "", output)
    if whole:
        return export_all(home, run or "", arguments.format, output)
    return [export_view(home, arguments.view, run, arguments.format, output)]


def _say(arguments: argparse.Namespace, written: list["Written"]) -> int:
    """Where each file lies now: as it was written, or below the address that it was sent to."""
    whole = arguments.view in ("all", "run")
    files = [str(each.path) for each in written]
    if "://" in arguments.output:
        files = [f"{arguments.output.rstrip('/')}/{each.path.name}" if whole else arguments.output for each in written]
    if arguments.json:
        print_json([{"file": file, "rows": each.rows} for file, each in zip(files, written, strict=True)])
    else:
        print_table(("file", "rows"), [(file, each.rows) for file, each in zip(files, written, strict=True)])
    return 0
