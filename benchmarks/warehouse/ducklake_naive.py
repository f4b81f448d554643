"""A writer that looks first and then inserts, without key and ledger, and a count of what comes of it.

Usage, in the environment of scripts/ducklake-env: ducklake_naive.py register|count HOME DATA
"""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg  # pyright: ignore

from warehouse.ducklake.lake import lake_at, open_lake
from warehouse.ducklake.ledger import Entry, Ledger
from warehouse.ducklake.register import register_under
from warehouse.home import Home
from warehouse.ledger import Key

COUNTS = (
    "SELECT count(*), count(*) - count(DISTINCT (kind, shard_id, batch)) FROM shards",
    "SELECT count(*), count(*) - count(DISTINCT completion_id) FROM completions",
)


class Unheld(Ledger):
    """A ledger that nobody holds and no index enforces: what the lake says is all that a writer knows."""

    def __init__(self, connection: psycopg.Connection) -> None:
        super().__init__(connection)
        self.connection = connection

    def set_up_as(self) -> str:
        self.connection.execute("DROP INDEX IF EXISTS babelgate_once")
        row = self.connection.execute("SELECT sha256 FROM babelgate_setup").fetchone()
        return row[0] if row else ""

    @contextmanager
    def holding(self, keys: list[Key]) -> Iterator[dict[Key, Entry]]:
        yield dict.fromkeys(keys, Entry("", 0))


def main(command: str, home: str, data: str) -> None:
    lake = lake_at("postgres:", data)
    with psycopg.connect("", autocommit=True) as connection:
        ledger = Unheld(connection)
        if command == "register":
            register_under(ledger, Home(Path(home)), lake, None)
            return
        with closing(open_lake(lake, ledger)) as con:
            for query in COUNTS:
                print(*con.execute(query).fetchall()[0])


main(*sys.argv[1:])
