"""`babelgate report RUN`: write one self-contained HTML page of a run; `--index` writes the front page of all runs."""

import argparse
from pathlib import Path

from flows.commands.output import print_json


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", default="latest", help="the run's name, or 'latest'")
    parser.add_argument("--baseline", metavar="RUN", help="compare with this run, item by item")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to; reports/RUN.html below the home else")
    parser.add_argument("--index", action="store_true", help="write the front page of all runs and gates instead")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from tasks.report import resolve_run, write_index, write_report

    home = environment.home()
    if arguments.index:
        path = write_index(home, arguments.output)
    else:
        path = write_report(home, resolve_run(home, arguments.run), arguments.baseline, arguments.output)
    size = path.stat().st_size
    if arguments.json:
        print_json({"file": str(path), "bytes": size})
    else:
        print(f"{path} ({size / 1e6:.1f} MB)")
    return 0
