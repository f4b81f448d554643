"""The child process of `run_sql`: one question on a locked connection, its answer on stdout, its fate on stderr.

Run as a file by an isolated interpreter; the request is JSON on stdin. The last line of stderr is JSON: {"rows",
"truncated"} or {"error"}.
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb
import pyarrow as pa

from warehouse.sqlwrite import FORMATS, Sink, TooLarge

READS = ("SELECT", "MULTI")  # MULTI is what a PIVOT is


class Refused(Exception):
    """A question that is none, or one too many."""


def main() -> None:
    asked = json.load(sys.stdin)
    megabytes = int(asked["mb"])
    # What max_execution_time and memory_limit do not stop, one long string among it, the limit on the process does.
    limit = (megabytes + 1536) << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sink = Sink(sys.stdout.buffer, asked["max_rows"], asked["max_bytes"])
    try:
        _answer(asked, sink)
        sys.stdout.buffer.flush()
    except Refused as error:
        _fail(str(error))
    except duckdb.InterruptException:
        _fail(f"the query was stopped after {asked['seconds']:g} s: ask for less (one run_id?) or allow more time")
    except (duckdb.OutOfMemoryException, MemoryError, pa.ArrowMemoryError):
        _fail(f"the query needs more than {megabytes} MB: ask for less or allow more memory")
    except TooLarge:
        _fail(f"the answer is larger than {asked['max_bytes'] >> 20} MB: write it to a file or add a LIMIT")
    except duckdb.Error as error:
        _fail(_sentence(str(error)))
    sys.stderr.write(json.dumps({"rows": sink.rows, "truncated": sink.truncated}) + "\n")


def _answer(asked: dict, sink: Sink) -> None:
    con = locked(asked["path"], asked["temp"], asked["mb"], asked["seconds"])
    params = dict(asked["params"])
    for name, lookup in asked["lookups"].items():
        found = con.execute(lookup).fetchall()
        params[name] = found[0][0] if found else None
    statement = question(con, asked["sql"])
    missing = sorted(set(statement.named_parameters) - set(params))
    if missing:
        raise Refused(f"the query wants a value for ${missing[0]}")
    relation = con.sql(statement.query, params={name: params[name] for name in statement.named_parameters})
    FORMATS[asked["format"]](relation.to_arrow_reader(1000), sink)


def question(con: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The one statement of the text, if it only reads; else Refused."""
    statements = con.extract_statements(sql)
    if len(statements) != 1:
        raise Refused(f"one statement at a time, please: there are {len(statements)}")
    try:
        kind = statements[0].type.name
    except ValueError:  # DuckDB has kinds of statements that its Python does not know: UPDATE EXTENSIONS is one
        kind = " ".join(statements[0].query.split()[:2]).upper()
    if kind not in READS:
        raise Refused(f"only questions are answered here (SELECT, FROM, WITH, DESCRIBE, SUMMARIZE, PIVOT), not {kind}")
    return statements[0]


def locked(path: str, temp: str, megabytes: int, seconds: float) -> duckdb.DuckDBPyConnection:
    """Read-only, no files, no network, no Python variables, and no setting that could be set back."""
    con = duckdb.connect(
        path,
        read_only=True,
        config={
            "threads": "2",
            "memory_limit": f"{megabytes}MB",
            "temp_directory": temp,
            "max_temp_directory_size": "2GB",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            "max_execution_time": str(int(seconds * 1000)),
        },
    )
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def _sentence(message: str) -> str:
    """DuckDB's message as one line: what is wrong and what is near, without the drawing of the place."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith(("LINE ", "^", "*"))]
    return " ".join(kept[:3])


def _fail(sentence: str) -> NoReturn:
    sys.stderr.write(json.dumps({"error": sentence}) + "\n")
    sys.stderr.flush()
    # The way out runs no destructors: after a failed allocation they may fail as well.
    os._exit(1)


if __name__ == "__main__":
    main()
