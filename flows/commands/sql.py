"""`babelgate sql [QUERY]`: ask the published warehouse, read-only, in a locked child process."""

import argparse
import sys
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", nargs="?", help="SQL, a .sql file, or a named query; without it an interactive shell")
    parser.add_argument("-p", "--param", action="append", default=[], metavar="NAME=VALUE", help="fills $NAME")
    parser.add_argument("--list", action="store_true", help="the named queries and their parameters")
    parser.add_argument("--format", default="table", help="table, markdown, csv, json, jsonl or parquet")
    parser.add_argument("--output", type=Path, help="write there instead of to standard output")
    parser.add_argument("--seconds", type=float, default=30, help="hard limit on time")
    parser.add_argument("--memory", type=int, default=1024, help="hard limit on memory, MB")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from tasks.schema import UserError
    from warehouse.home import Home
    from warehouse.sql import Limits, run_sql

    if arguments.list:
        return _list_queries(as_json=arguments.json)
    current = Home(environment.home()).current
    sql, params = _statement(arguments.query, dict(_pair(text) for text in arguments.param))
    if sql is None:
        return _shell(current)
    form = "json" if arguments.json else arguments.format
    if form == "parquet" and arguments.output is None:
        raise UserError("parquet is not for a terminal: say --output FILE")
    limits = Limits(seconds=arguments.seconds, mb=arguments.memory)
    answer = run_sql(current, sql, params, format=form, output=arguments.output, limits=limits)
    sys.stdout.buffer.write(answer.content)
    sys.stdout.buffer.flush()
    if answer.truncated:
        sys.stderr.write(f"only the first {answer.rows} rows are shown\n")
    return 0


def _statement(query: str | None, given: dict[str, str]) -> tuple[str | None, dict[str, str | int | float | None]]:
    """The SQL that was meant, and the values of its parameters; None where nothing was asked."""
    from tasks.schema import UserError
    from warehouse.named import named_query

    if query is None:
        return None, {}
    if query.endswith(".sql"):
        try:
            return Path(query).read_text(encoding="utf-8"), {**given}
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{query} cannot be read: {error}") from error
    if len(query.split()) == 1:
        named = named_query(query.strip())
        return named.sql, named.bind(given)
    return query, {**given}


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
