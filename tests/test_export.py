"""What is exported is what the views say, and a run's folder opens as a Hugging Face data set."""

from pathlib import Path

import pytest

from flows.cli import main
from tasks.export import export_all, export_dataset, export_view
from tasks.export.remote import upload
from tasks.schema import UserError
from tests.small_run import TEXT, empty_home, write_both
from warehouse.connect import open_published
from warehouse.home import WarehouseError
from warehouse.load import load_parts
from warehouse.publish import publish


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = empty_home(tmp_path_factory.mktemp("export") / "home")
    write_both(home)
    load_parts(home)
    publish(home)
    return home.root


@pytest.mark.parametrize("view", ["accuracy", "v_accuracy", "results", "failures", "trend"])
@pytest.mark.parametrize("run", ["r1", None])
def test_parquet_holds_what_the_view_says(home: Path, tmp_path: Path, view: str, run: str | None) -> None:
    written = export_view(home, view, run, "parquet", tmp_path / "new" / "out.parquet")
    name = f"v_{view.removeprefix('v_')}"
    with open_published(home) as con:
        of = "WHERE run_id = $run" if run else "WHERE $run IS NULL"
        expected = con.execute(f"SELECT * FROM {name} {of}", {"run": run}).fetchall()
        found = con.execute("SELECT * FROM read_parquet($file)", {"file": str(written.path)}).fetchall()
    assert len(found) == written.rows > 0
    assert sorted(map(repr, found)) == sorted(map(repr, expected))
    assert [path.name for path in written.path.parent.iterdir()] == ["out.parquet"]


def test_csv_keeps_missing_values_and_hard_texts(home: Path, tmp_path: Path) -> None:
    import pandas

    written = export_view(home, "failures", "r2", "csv", tmp_path / "out.csv")
    frame = pandas.read_csv(written.path)
    with open_published(home) as con:
        query = "SELECT count(*), count(*) FILTER (value IS NULL) FROM v_failures WHERE run_id = 'r2'"
        ((rows, without),) = con.execute(query).fetchall()
    assert (len(frame), written.rows, frame["value"].isna().sum()) == (rows, rows, without) and without > 0
    assert set(frame["text"]) == {TEXT}


def test_all_writes_a_file_for_each_view_of_runs(home: Path, tmp_path: Path) -> None:
    written = export_all(home, "r1", "parquet", tmp_path)
    names = {each.path.stem for each in written}
    assert {"accuracy", "completeness", "provenance", "runs"} <= names and "calibrations" not in names
    assert {each.path.stem: each.rows for each in written}["runs"] == 1


@pytest.mark.parametrize(
    ("view", "run", "error", "says"),
    [
        ("acuracy", None, WarehouseError, "did you mean 'accuracy'"),
        ("accuracy; DROP TABLE runs", None, WarehouseError, "unknown view"),
        ("calibrations", "r1", UserError, "does not tell runs apart"),
    ],
)
def test_what_cannot_be_exported(
    home: Path, tmp_path: Path, view: str, run: str | None, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        export_view(home, view, run, "csv", tmp_path / "out.csv")
    with pytest.raises(UserError, match="cannot be written"):
        export_view(home, "accuracy", None, "csv", Path("/proc/none/out.csv"))


def test_what_is_exported_may_go_to_any_store_of_fsspec(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import fsspec

    monkeypatch.setenv("BABELGATE_HOME", str(home))
    assert main(["export", "accuracy", "--output", "memory://nights/accuracy.parquet"]) == 0
    assert "memory://nights/accuracy.parquet" in capsys.readouterr().out
    here = export_view(home, "accuracy", None, "parquet", tmp_path / "here.parquet")
    with fsspec.open("memory://nights/accuracy.parquet") as there, here.path.open("rb") as file:
        assert len(there.read()) == len(file.read())
    assert main(["export", "run", "--run", "r2", "--output", "memory://nights/r2"]) == 0
    names = {Path(name).name for name in fsspec.filesystem("memory").find("/nights/r2")}
    assert names == {"README.md", "answers.parquet", "results.parquet", "metrics.parquet"}
    with pytest.raises(UserError, match="cannot be written.*Protocol not known"):
        upload(here.path, "nowhere://x")


@pytest.mark.slow
def test_a_run_opens_as_a_hugging_face_data_set(home: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    folder = tmp_path / "r2"
    export_dataset(home, "r2", folder)
    answers = load_dataset(str(folder), "answers", split="train", cache_dir=str(tmp_path / "cache"))
    assert len(answers) == 10
    first = next(row for row in answers if row["lang"] == "sw" and row["item_id"] == "sw-1")
    assert first["text"] == TEXT and first["gold"] == ["1"] and first["extracted"] == "8"
    assert {s["metric"]: s["value"] for s in first["scores"]} == {"exact_match": 0.0, "wrong_language": 1.0}
    cut = next(row for row in answers if row["item_id"] == "sw-2")
    assert cut["status"] == "truncated" and {s["metric"]: s["value"] for s in cut["scores"]}["wrong_language"] is None
    for name in ("results", "metrics"):
        assert len(load_dataset(str(folder), name, split="train", cache_dir=str(tmp_path / "cache"))) > 0
