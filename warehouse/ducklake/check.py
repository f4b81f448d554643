"""Compares a lake with the parts of a home: every part once, every row, nothing twice."""

from contextlib import closing
from dataclasses import dataclass

import duckdb

from warehouse.ducklake.lake import Lake, open_lake, rows_of
from warehouse.ducklake.ledger import open_ledger
from warehouse.ducklake.register import NOT_TAKEN
from warehouse.home import Home
from warehouse.ledger import Key, arrive, scan
from warehouse.schemas import KINDS

AUDITS = ("audit_duplicates", "audit_documents", "audit_row_counts", "audit_orphans")


@dataclass(frozen=True, slots=True)
class Line:
    """One table: parts and rows that its list of shards names, rows that are in it, and keys that are there twice."""

    table: str
    parts: int
    listed: int
    found: int
    twice: int

    @property
    def ok(self) -> bool:
        return self.listed == self.found and not self.twice


@dataclass(frozen=True, slots=True)
class Checked:
    """The tables, and a sentence for each thing that is wrong."""

    lines: tuple[Line, ...]
    problems: tuple[str, ...]


def check(home: Home, lake: Lake) -> Checked:
    """Reads every part of the home and counts every table of the lake, which may hold more than this home."""
    with open_ledger(lake.catalog) as ledger, closing(open_lake(lake, ledger)) as con:
        lines = tuple(_line(con, form.name, rows_of(form, table)) for form in KINDS.values() for table in form.tables
                      if form.name not in NOT_TAKEN)  # fmt: skip
        listed = dict(_listed(con))
        problems = [f"{line.table} holds {line.found} rows, its parts {line.listed}, {line.twice} keys are there twice"
                    for line in lines if not line.ok]  # fmt: skip
        problems += _missing(home, listed)
        if {key: entry.sha256 for key, entry in ledger.entries().items()} != listed:
            problems.append("the ledger and the list of shards differ: register once more")
        for view in AUDITS:
            ((found,),) = con.execute(f"SELECT count(*) FROM {view}").fetchall()
            if found:
                problems.append(f"{view} has {found} rows")
        return Checked(lines, tuple(problems))


def _line(con: duckdb.DuckDBPyConnection, kind: str, table: str) -> Line:
    asked = "SELECT count(*), coalesce(sum(rows), 0)::BIGINT, count(*) - count(DISTINCT (shard_id, batch)) FROM shards"
    ((parts, listed, twice),) = con.execute(f"{asked} WHERE kind = '{kind}'").fetchall()
    ((found,),) = con.execute(f"SELECT count(*) FROM {table}").fetchall()
    return Line(table, parts, listed, found, twice)


def _listed(con: duckdb.DuckDBPyConnection) -> list[tuple[Key, str]]:
    rows = con.execute("SELECT kind, shard_id::VARCHAR, batch, sha256 FROM shards").fetchall()
    return [((kind, shard, batch), sha256) for kind, shard, batch, sha256 in rows]


def _missing(home: Home, listed: dict[Key, str]) -> list[str]:
    """Parts that the lake does not have, or has in another form; a compacted part is the parts that it stands for."""
    problems: list[str] = []
    for kind, paths in scan(home, None).items():
        for path in paths if kind not in NOT_TAKEN else ():
            arrival = arrive(home, path)
            wrong = [piece for piece in arrival.info.slices if listed.get(arrival.key(piece)) != arrival.digest(piece)]
            if wrong:
                problems.append(
                    f"{arrival.path}: {len(wrong)} of {len(arrival.info.slices)} shards are not as registered"
                )
    return problems
