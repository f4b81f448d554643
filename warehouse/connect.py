"""Opens DuckDB with the settings that every connection of ours has."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.home import Home, WarehouseError

if TYPE_CHECKING:
    import duckdb

SETTINGS: Mapping[str, str] = {
    # An extension that is looked for on the network costs seconds offline and ends in an error.
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
}


def connect(
    path: Path, *, read_only: bool = False, threads: int = 2, memory: str = "2GB", temp: str = "20GB"
) -> "duckdb.DuckDBPyConnection":
    """An open connection; a missing, foreign or locked file raises WarehouseError.

    The path is resolved first: DuckDB keeps one instance per name and would hand out the old file behind a symlink
    that has moved on.
    """
    import duckdb

    real = path.resolve()
    if read_only and not real.is_file():
        raise WarehouseError(f"there is no warehouse at {path}: run a suite first, it publishes one")
    config: dict[str, str | bool | int | float | list[str]] = {
        **SETTINGS,
        "threads": str(threads),
        "memory_limit": memory,
        "max_temp_directory_size": temp,
    }
    try:
        con = duckdb.connect(str(real), read_only=read_only, config=config)
    except (duckdb.IOException, duckdb.ConnectionException, duckdb.SerializationException) as error:
        raise WarehouseError(f"cannot open {path}: {str(error).splitlines()[0]}") from error
    # Only now: a log that a killed writer left is replayed on opening, and its functions are loaded for that.
    con.execute("SET autoload_known_extensions = false")
    return con


@contextlib.contextmanager
def transaction(con: "duckdb.DuckDBPyConnection") -> Iterator[None]:
    """All of it or nothing. After a caught error COMMIT reports success and keeps nothing: so roll back and raise."""
    con.execute("BEGIN")
    try:
        yield
        con.execute("COMMIT")
    except BaseException:
        con.execute("ROLLBACK")
        raise


def open_published(home: Home | Path | str) -> "duckdb.DuckDBPyConnection":
    """The newest published warehouse below a home, read-only: readers never block the loader, nor it them."""
    where = home if isinstance(home, Home) else Home(Path(home))
    return connect(where.current, read_only=True)
