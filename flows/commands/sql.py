"""`babelgate sql [QUERY]`: ask the published warehouse, read-only, in a locked child process."""

import argparse
import sys
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", nargs="?", help="SQL, a .sql file, or a named query; without it a list of those")
    parser.add_argument("-p", "--param", action="append", default=[], metavar="NAME=VALUE", help="fills $NAME")
    parser.add_argument("--format", default="table", choices=["table", "csv", "json", "jsonl", "parquet", "markdown"])
    parser.add_argument("--output", type=Path, help="write there instead of to standard output")
    parser.add_argument("--seconds", type=float, default=30, help="hard limit on time")
    parser.add_argument("--memory", type=int, default=1024, help="hard limit on memory, MB")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from tasks.schema import UserError
    from warehouse.home import Home, WarehouseError
    from warehouse.named import named_query, query_names
    from warehouse.sql import run_sql

    if not arguments.query:
        return _list_queries(arguments)
    given = dict(_pair(text) for text in arguments.param)
    sql, params = _statement(arguments.query), given
    if arguments.query in query_names() or " " not in arguments.query.strip():
        query = named_query(arguments.query.strip()) if not arguments.query.endswith(".sql") else None
        if query is not None:
            sql, params = query.sql, query.bind(given)
    current = Home(environment.home()).current
    if not current.exists():
        raise UserError(f"there is no warehouse at {current} yet; 'babelgate run quickstart' makes one")
    form = "json" if arguments.json else arguments.format
    if form == "parquet" and arguments.output is None:
        raise WarehouseError("parquet needs --output FILE")
    answer = run_sql(
        current, sql, params, seconds=arguments.seconds, mb=arguments.memory, format=form, output=arguments.output
    )
    if arguments.output is None:
        sys.stdout.buffer.write(answer.content)
        sys.stdout.buffer.flush()
    if answer.truncated:
        sys.stderr.write(f"only the first {answer.rows} rows are shown\n")
    return 0


def _list_queries(arguments: argparse.Namespace) -> int:
    from flows.commands.output import print_json, print_table
    from warehouse.named import named_query, query_names

    queries = [named_query(name) for name in query_names()]
    if arguments.json:
        print_json([{"name": q.name, "title": q.title, "parameters": [p.name for p in q.parameters]} for q in queries])
    else:
        print_table(
            ("query", "parameters", "what it answers"),
            [(q.name, ", ".join(p.name for p in q.parameters), q.title) for q in queries],
        )
    return 0


def _statement(text: str) -> str:
    from tasks.schema import UserError

    if not text.endswith(".sql"):
        return text
    try:
        return Path(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{text} cannot be read: {error}") from error


def _pair(text: str) -> tuple[str, str]:
    from tasks.schema import UserError

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UserError(f"-p wants NAME=VALUE, not '{text}'")
    return name, value
