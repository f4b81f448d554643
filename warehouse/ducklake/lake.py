"""Opens a DuckLake: DuckDB with extensions from wheels, a PostgreSQL catalogue, and data in a folder or under s3://."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from warehouse.connect import SETTINGS
from warehouse.ducklake.ledger import Ledger
from warehouse.home import WarehouseError
from warehouse.schemas import KINDS, PartKind

HERE = Path(__file__).parent
EXTENSIONS = {"postgres": "postgres_scanner", "ducklake": "ducklake", "httpfs": "httpfs"}
"""Each wheel's name, and the name that its library has inside."""


@dataclass(frozen=True, slots=True)
class Lake:
    """Where a lake is: the connection string of its catalogue (libpq's, without a password) and where its data lie."""

    catalog: str
    data: str

    @property
    def local(self) -> bool:
        return "://" not in self.data


ROLLUPS = ("daily_scores", "daily_counts")


def lake_at(catalog: str, data: str) -> Lake:
    """A lake from `postgres:…` and a folder or s3:// address; WarehouseError says what cannot be one."""
    if not catalog.startswith("postgres:"):
        raise WarehouseError("the catalogue is given as postgres: and a connection string, as postgres:dbname=lake")
    if "://" in data and not data.startswith("s3://"):
        raise WarehouseError(f"data lie in a folder or under s3://, not at '{data}'")
    place = data if "://" in data else str(Path(data).resolve())
    return Lake(catalog.removeprefix("postgres:"), place.rstrip("/") + "/")


def open_lake(lake: Lake, ledger: Ledger) -> duckdb.DuckDBPyConnection:
    """A connection that uses the lake; catalogue, tables and views are made where they are missing or older.

    Under s3:// the credentials are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION of the
    environment, which the extension reads itself; DUCKDB_S3_ENDPOINT and DUCKDB_S3_USE_SSL name another server.
    """
    con = duckdb.connect(config={**SETTINGS, "autoload_known_extensions": "false", "threads": "2"})
    _load_extensions(con)
    if lake.local:
        Path(lake.data).mkdir(parents=True, exist_ok=True)
    with ledger.alone():
        try:
            con.execute(
                f"ATTACH {literal('ducklake:postgres:' + lake.catalog)} AS lake (DATA_PATH {literal(lake.data)})"
            )
        except duckdb.Error as error:
            raise WarehouseError(f"cannot open the lake: {str(error).splitlines()[0]}") from error
        con.execute("USE lake")
        con.execute("SET ducklake_max_retry_count = 20; SET ducklake_retry_backoff = 1.2")  # 20 s in all
        _set_up(con, ledger)
    return con


@contextlib.contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of it or nothing. A commit that DuckLake refuses has ended the transaction already."""
    con.execute("BEGIN")
    try:
        yield
        con.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(duckdb.TransactionException):
            con.execute("ROLLBACK")
        raise


def literal(text: str) -> str:
    """Text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def _load_extensions(con: duckdb.DuckDBPyConnection) -> None:
    """From the files of their wheels; DuckDB asks a library for the name that its file has, hence the links."""
    with TemporaryDirectory() as folder:
        for wheel, name in EXTENSIONS.items():
            spec = find_spec(f"duckdb_extension_{wheel}")
            if spec is None or not spec.submodule_search_locations:
                raise WarehouseError("DuckLake needs the environment that scripts/ducklake-env builds: run it there")
            held = Path(spec.submodule_search_locations[0], "extensions", f"v{duckdb.__version__}")
            link = Path(folder, f"{name}.duckdb_extension")
            link.symlink_to(held / f"{wheel}.duckdb_extension")
            con.execute(f"LOAD {literal(str(link))}")
    ((endpoint,),) = con.execute("SELECT value FROM duckdb_settings() WHERE name = 's3_endpoint'").fetchall()
    if endpoint:
        con.execute("SET GLOBAL s3_url_style = 'path'")  # a server of one's own has no host name for each bucket


def _set_up(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Tables, macros and views, all anew when one of their files changed."""
    shared = [file for name in ("macros", "views") for file in sorted((HERE.parent / name).glob("*.sql"))]
    texts = [(HERE / "tables.sql").read_text(encoding="utf-8"), *(f.read_text(encoding="utf-8") for f in shared),
             (HERE / "rollups.sql").read_text(encoding="utf-8")]  # fmt: skip
    forms = [f"{form.name} {form.schema}" for form in KINDS.values()]
    sha = hashlib.sha256("\0".join([*forms, *texts]).encode()).hexdigest()
    if ledger.set_up_as() == sha:
        return
    with transaction(con):
        for form in KINDS.values():
            for table, columns in form.tables.items():
                _make_table(con, form, table, columns)
        for text in texts:
            con.execute(text)
    ledger.set_up(sha)


def rows_of(form: PartKind, table: str) -> str:
    """The lake's table for a table of ours: what is merged or rolled up there is a view over it here."""
    return f"{table}_rows" if form.key or form.name in ROLLUPS else table


def _make_table(con: duckdb.DuckDBPyConnection, form: PartKind, table: str, columns: tuple[str, ...] | None) -> None:
    """A table of the kind's types; one that is there gets the columns that have come since."""
    schema = form.schema if columns is None else pa.schema([form.schema.field(name) for name in columns])
    name = rows_of(form, table)
    con.register("wanted", schema.empty_table())
    con.execute(f"CREATE TABLE IF NOT EXISTS {name} AS FROM wanted")
    has = {row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()}
    for column, kind, *_ in con.execute("DESCRIBE wanted").fetchall():
        if column not in has:
            con.execute(f'ALTER TABLE {name} ADD COLUMN "{column}" {kind}')
    con.unregister("wanted")
