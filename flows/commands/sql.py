"""`babelgate sql [QUERY]`: ask the published warehouse, read-only, in a locked child process."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flows.commands.given import count, positive

if TYPE_CHECKING:
    from warehouse.sql import Answer


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", nargs="?", help="SQL, a .sql file, or a named query; without it an interactive shell")
    parser.add_argument("-p", "--param", action="append", default=[], metavar="NAME=VALUE", help="fills $NAME")
    parser.add_argument("--list", action="store_true", help="the named queries and their parameters")
    parser.add_argument("--format", default="table", help="table, markdown, csv, json, jsonl or parquet")
    parser.add_argument("--output", type=Path, help="write there instead of to standard output")
    parser.add_argument("--seconds", type=positive, default=30, help="hard limit on time")
    parser.add_argument("--memory", type=count, default=1024, help="hard limit on memory, MB")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from tasks.schema import UserError
    from warehouse.home import Home

    if arguments.list:
        return _list_queries(as_json=arguments.json)
    current = Home(environment.home()).current
    if arguments.query is None:
        return _shell(current)
    form = "json" if arguments.json else arguments.format
    if form == "parquet" and arguments.output is None:
        raise UserError("parquet is not for a terminal: say --output FILE")
    answer = _ask(current, arguments, form)
    sys.stdout.buffer.write(answer.content)
    sys.stdout.buffer.flush()
    if answer.truncated:
        sys.stderr.write(f"only the first {answer.rows} rows are shown\n")
    return 0


def _ask(current: Path, arguments: argparse.Namespace, form: str) -> "Answer":
    """One word is a named query, a name that ends in .sql a file, anything else SQL."""
    from tasks.schema import UserError
    from warehouse.sql import Limits, run_named, run_sql

    limits = Limits(seconds=arguments.seconds, mb=arguments.memory)
    given, query = dict(_pair(text) for text in arguments.param), arguments.query.strip()
    if query.endswith(".sql"):
        try:
            query = Path(query).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{query} cannot be read: {error}") from error
    elif len(query.split()) == 1:
        return run_named(current, query, given, format=form, output=arguments.output, limits=limits)
    return run_sql(current, query, given, format=form, output=arguments.output, limits=limits)


def _shell(current: Path) -> int:
    """Harlequin on the published file, where it is installed."""
    import shutil
    import subprocess

    from tasks.schema import UserError

    bin_ = Path(sys.executable).parent / "harlequin"
    found = str(bin_) if bin_.exists() else shutil.which("harlequin")
    if found is None:
        raise UserError(
            "the interactive shell is harlequin, which is not installed: pip install 'babelgate[shell]'; "
            "'babelgate sql --list' shows the named queries"
        )
    if not current.exists():
        raise UserError(f"there is no warehouse at {current}: run a suite first, it publishes one")
    return subprocess.run([found, "-r", str(current.resolve())], check=False).returncode


def _list_queries(*, as_json: bool) -> int:
    from flows.commands.output import print_json, print_table
    from warehouse.named import named_query, query_names

    queries = [named_query(name) for name in query_names()]
    if as_json:
        print_json([{"name": q.name, "title": q.title, "parameters": [p.name for p in q.parameters]} for q in queries])
    else:
        rows = [(q.name, ", ".join(p.name for p in q.parameters), q.title) for q in queries]
        print_table(("query", "parameters", "what it answers"), rows)
    return 0


def _pair(text: str) -> tuple[str, str]:
    from tasks.schema import UserError

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UserError(f"-p wants NAME=VALUE, not '{text}'")
    return name, value
