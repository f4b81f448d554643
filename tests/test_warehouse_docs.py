"""docs/sql.md: every view is in it with its columns, and every SQL example answers on a small landed run."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.small_run import empty_home, write_both
from warehouse.connect import open_published
from warehouse.load import load_parts
from warehouse.publish import publish

TEXT = (Path(__file__).parent.parent / "docs" / "sql.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", TEXT, re.DOTALL | re.MULTILINE))


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    home = empty_home(tmp_path_factory.mktemp("home"))
    write_both(home)
    load_parts(home)
    publish(home)
    with open_published(home) as con:
        yield con


@pytest.mark.parametrize("query", EXAMPLES, ids=[query.split("\n")[0][:60] for query in EXAMPLES])
def test_example(con: duckdb.DuckDBPyConnection, query: str) -> None:
    rows = con.cursor().execute(query).fetchall()
    assert bool(rows) != ("audit_" in query), "an example shows something, an audit nothing"


def test_every_view_is_documented_with_its_columns(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.cursor().execute(
        "SELECT table_name, column_name FROM duckdb_columns() "
        "WHERE table_name IN (SELECT view_name FROM duckdb_views() WHERE NOT internal) ORDER BY 1, column_index"
    )
    columns: dict[str, list[str]] = {}
    for view, column in rows.fetchall():
        columns.setdefault(view, []).append(column)
    audits = {view for view in columns if view.startswith("audit_")}
    assert set(SECTIONS) == set(columns) - audits
    for view, section in SECTIONS.items():
        listed = re.search(r"Columns: (.*?)\n\n", section, re.DOTALL)
        assert listed and re.findall(r"`(\w+)`", listed[1]) == columns[view], view
        assert f"FROM {view}" in section, f"the example of {view} asks something else"
    for view in audits:
        assert f"`{view}`" in TEXT


def test_the_two_lines_of_a_notebook_run(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    ((file,),) = con.cursor().execute("SELECT path FROM duckdb_databases() WHERE NOT internal").fetchall()
    (tmp_path / ".babelgate").symlink_to(Path(file).parent.parent)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(code, names)
    assert len(names["accuracy"]) == 4  # type: ignore[arg-type]
