"""Parts appear whole or not at all, hold what their schema says, and a damaged one is recognised."""

import math
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.home import Home, WarehouseError
from warehouse.parts import completion_uuid, read_part, shard_uuid, write_part
from warehouse.schemas import KINDS, arrow_table, utc

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
SAME = {"model_id": "m", "lang": "sw", "dataset_id": "d", "status": "ok", "metric": "right", "metric_version": "1",
        "scored_at": NOW, "repeat_ix": 0}  # fmt: skip
SHARD = shard_uuid("r", "m", "sw", "d")


def score(number: int, value: float | None = 1.0) -> dict[str, object]:
    return {"completion_id": uuid.UUID(int=number), "sample_id": uuid.UUID(int=number), "value": value}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = write_part(home, "scores", "r", SHARD, arrow_table("scores", [score(1), score(2, None)], SAME))
    assert path == tmp_path / "parts" / "scores" / "run_id=r" / f"{SHARD}.parquet"
    info, table = read_part(path)
    (piece,) = info.slices
    assert (info.kind, info.run_id, piece.shard_id, piece.rows, piece.lang) == ("scores", "r", str(SHARD), 2, "sw")
    assert table.schema.equals(KINDS["scores"].schema)
    assert table.column("value").to_pylist() == [1.0, None]
    assert table.column("reason").to_pylist() == [None, None]
    assert table.column("scored_at").to_pylist()[0] == NOW.replace(tzinfo=None)


def test_the_same_rows_make_the_same_bytes(tmp_path: Path) -> None:
    table = arrow_table("scores", [score(1)], SAME)
    first = write_part(Home(tmp_path / "a"), "scores", "r", SHARD, table).read_bytes()
    assert write_part(Home(tmp_path / "b"), "scores", "r", SHARD, table).read_bytes() == first


def test_a_batch_lies_beside_the_first(tmp_path: Path) -> None:
    table = arrow_table("scores", [score(1)], SAME)
    names = {write_part(Home(tmp_path), "scores", "r", SHARD, table, batch=b).name for b in ("", "rescore-2")}
    assert names == {f"{SHARD}.parquet", f"{SHARD}@rescore-2.parquet"}


def test_identities_depend_on_every_word() -> None:
    words = [("r", "m", "sw", "d"), ("r", "ms", "w", "d"), ("rm", "", "sw", "d"), ("r", "m", "sw", "d2")]
    assert len({shard_uuid(*w) for w in words} | {shard_uuid("r", "m", "sw", "d", 1)}) == 5
    assert completion_uuid("r", "m", SHARD, 0) != completion_uuid("r", "m", SHARD, 1)


REFUSED = [
    ([score(1), score(2) | {"value": math.nan}], "NaN"),
    ([score(1) | {"value": math.inf}], "NaN or infinity"),
    ([score(1), score(1)], "there twice"),
    ([score(1), score(2) | {"lang": "th"}], "is one shard, but 'lang' has 2 values"),
]


@pytest.mark.parametrize(("rows", "reason"), REFUSED, ids=[reason for _, reason in REFUSED])
def test_bad_rows_are_refused_and_nothing_is_written(
    tmp_path: Path, rows: list[dict[str, object]], reason: str
) -> None:
    with pytest.raises(WarehouseError, match=reason):
        write_part(Home(tmp_path), "scores", "r", SHARD, arrow_table("scores", rows, SAME))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


WRONG = [
    ("scores", [{"metrik": "x"}], "did you mean 'metric'"),
    ("scores", [score(1) | {"value": "high"}], "column 'value' of scores wants double"),
    ("scores", [score(1) | {"metric": None}], "column 'metric' of scores is missing in 1 of 1 rows"),
    ("scores", [score(1) | {"reason": "a\ud800"}], "column 'reason' of scores"),
    ("scorse", [], "did you mean 'scores'"),
]


@pytest.mark.parametrize(("kind", "rows", "reason"), WRONG, ids=[reason for _, _, reason in WRONG])
def test_rows_that_do_not_fit_are_named(kind: str, rows: list[dict[str, object]], reason: str) -> None:
    with pytest.raises(WarehouseError, match=reason):
        arrow_table(kind, rows, SAME)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a b", ".hidden", "x" * 201])
def test_no_name_leaves_its_folder(tmp_path: Path, name: str) -> None:
    table = arrow_table("tags", [{"tag": "t", "model_id": "m", "set_at": NOW}])
    with pytest.raises(WarehouseError, match="name"):
        write_part(Home(tmp_path), "tags", name, "t", table)
    with pytest.raises(WarehouseError, match="name"):
        write_part(Home(tmp_path), "tags", "r", name, table)


def _flip(content: bytes) -> bytes:
    middle = len(content) // 4
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


DAMAGE = [
    ("cut", lambda content: content[:-10]),
    ("empty", lambda content: b""),
    ("flipped", _flip),
    ("foreign", lambda content: b"hello, I am no Parquet file at all"),
]


@pytest.mark.parametrize("damage", [damage for _, damage in DAMAGE], ids=[name for name, _ in DAMAGE])
def test_damage_is_recognised(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    rows = [score(n, n / 7) for n in range(200)]
    path = write_part(Home(tmp_path), "scores", "r", SHARD, arrow_table("scores", rows, SAME))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(WarehouseError, match="not a whole Parquet file"):
        read_part(path)


def test_a_part_that_was_moved_is_recognised(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = write_part(home, "scores", "r", SHARD, arrow_table("scores", [score(1)], SAME))
    elsewhere = home.part("scores", "other", str(SHARD))
    elsewhere.parent.mkdir()
    path.replace(elsewhere)
    with pytest.raises(WarehouseError, match="of run 'r' but lies in"):
        read_part(elsewhere)


def test_a_write_that_fails_leaves_the_old_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    path = write_part(home, "scores", "r", SHARD, arrow_table("scores", [score(1)], SAME))
    before = path.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("warehouse.parts.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_part(home, "scores", "r", SHARD, arrow_table("scores", [score(2)], SAME))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T03:00:00Z", datetime(2026, 11, 22, 3, tzinfo=UTC)),
        ("2026-11-22T05:00:00+02:00", datetime(2026, 11, 22, 3, tzinfo=UTC)),
        ("2026-11-22T03:00:00", datetime(2026, 11, 22, 3, tzinfo=UTC)),
        ("", None),
    ],
)
def test_times_are_utc(text: str, expected: datetime | None) -> None:
    assert utc(text) == (expected.replace(tzinfo=None) if expected else None)
