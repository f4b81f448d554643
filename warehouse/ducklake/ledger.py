"""The ledger in PostgreSQL: one writer at a time holds the key of a part, and a part is registered once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg  # pyright: ignore[reportMissingImports]
from psycopg import conninfo  # pyright: ignore[reportMissingImports]

from warehouse.home import WarehouseError
from warehouse.ledger import Key

HERE = Path(__file__).parent
ONE_AT_A_TIME = 7236115900173551
"""The number of the advisory lock under which the catalogue is made and changed; any number that nobody else takes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is registered under a key: the digest of its part, and how many times the key was registered."""

    sha256: str
    generation: int


class Ledger:
    """A connection to the catalogue's database, for its own table."""

    def __init__(self, connection: "psycopg.Connection") -> None:
        self._connection = connection

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One writer at a time, over all of the lake: for making the catalogue."""
        self._connection.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        try:
            yield
        finally:
            self._connection.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])

    def set_up_as(self) -> str:
        """The digest of the tables and views that were made last; makes the ledger itself where it is missing."""
        try:
            self._connection.execute((HERE / "ledger.sql").read_text(encoding="utf-8"))
        except psycopg.errors.UniqueViolation as error:
            raise WarehouseError(
                "the lake holds a part twice: it was filled without the ledger; make it anew"
            ) from error
        row = self._connection.execute("SELECT sha256 FROM babelgate_setup").fetchone()
        return row[0] if row else ""

    def set_up(self, sha: str) -> None:
        with self._connection.transaction():
            self._connection.execute("DELETE FROM babelgate_setup")
            self._connection.execute("INSERT INTO babelgate_setup VALUES (%s)", [sha])

    @contextmanager
    def holding(self, keys: list[Key]) -> Iterator[dict[Key, Entry]]:
        """Holds the keys until the block is left, and yields what is registered under them.

        A key that another writer holds is waited for. All take theirs in the same order, so nobody waits in a circle.
        What `note` writes is kept when the block ends well; when the process dies, PostgreSQL lets go of the keys.
        """
        held: dict[Key, Entry] = {}
        with self._connection.transaction():
            for key in sorted(keys):
                # An update that changes nothing is what holds a row that is there already.
                row = self._connection.execute(
                    "INSERT INTO babelgate_ledger VALUES (%s, %s, %s, '', 0) ON CONFLICT (kind, shard_id, batch) "
                    "DO UPDATE SET kind = excluded.kind RETURNING sha256, generation",
                    key,
                ).fetchone()
                held[key] = Entry(*row)
            yield held

    def note(self, entries: dict[Key, Entry]) -> None:
        """Writes what is registered now; inside `holding`."""
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE babelgate_ledger SET sha256 = %s, generation = %s, registered_at = now() "
                "WHERE kind = %s AND shard_id = %s AND batch = %s AND (sha256, generation) <> (%s, %s)",
                [(e.sha256, e.generation, *key, e.sha256, e.generation) for key, e in entries.items()],
            )

    def entries(self) -> dict[Key, Entry]:
        rows = self._connection.execute("SELECT kind, shard_id::text, batch, sha256, generation FROM babelgate_ledger")
        return {(kind, shard, batch): Entry(*rest) for kind, shard, batch, *rest in rows.fetchall()}


@contextmanager
def open_ledger(catalog: str) -> Iterator[Ledger]:
    """The ledger of a catalogue. A password comes from PGPASSWORD, PGPASSFILE or ~/.pgpass, never in the string."""
    try:
        given = conninfo.conninfo_to_dict(catalog)
    except psycopg.ProgrammingError as error:
        raise WarehouseError("the catalogue's connection string is not one that libpq understands") from error
    if given.get("password"):
        raise WarehouseError("a password belongs into PGPASSFILE, ~/.pgpass or PGPASSWORD, not into --catalog")
    try:
        connection = psycopg.connect(catalog, autocommit=True)
    except psycopg.OperationalError as error:
        raise WarehouseError(f"cannot reach the catalogue: {str(error).splitlines()[0]}") from error
    with connection:
        yield Ledger(connection)
