"""Limits of single shards: which one counts, what they come to, and a top-up that asks for more only where it must."""

import json
from pathlib import Path

import pytest

from tasks.engines import EngineContext
from tasks.gate_looks import top_up
from tasks.plan import Shard, item_limit
from tasks.preflight import Prepared, prepare
from tasks.runs import start_run
from tasks.schema import UserError
from tasks.suite import Suite
from warehouse.home import Home

LIMITS = [{"language": "sw", "limit": 30}, {"model": "b", "dataset": "babel_math", "language": "sw", "limit": 40}]


def _suite(limits: list[dict[str, object]], tmp_path: Path) -> Suite:
    (tmp_path / "answers.jsonl").touch()
    models = [{"name": name, "engine": "replay", "files": str(tmp_path / "answers.jsonl")} for name in ("a", "b")]
    return Suite.model_validate_json(json.dumps({
        "name": "s", "models": models, "datasets": ["babel_math"], "languages": ["en", "sw"], "limit": 20,
        "limits": limits,
    }))  # fmt: skip


def _prepared(suite: Suite, home: Path) -> Prepared:
    return prepare(suite, EngineContext(home=home, data_dir=None, env={}), unchecked=["replay"])


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ([], (20, 20, 20, 20)),
        (LIMITS, (20, 30, 20, 40)),
        (LIMITS[::-1], (20, 30, 20, 30)),
        ([{"model": "b", "limit": 5}], (20, 20, 5, 5)),
        ([{"limit": 100_000}], (250, 250, 250, 250)),
    ],
)
def test_the_last_limit_that_fits_counts(limits: list, expected: tuple[int, ...], tmp_path: Path) -> None:
    """By shard: a en, a sw, b en, b sw. The languages stay parallel on the items that all of them have."""
    prepared = _prepared(_suite(limits, tmp_path), tmp_path)
    at = [Shard(model, "babel_math", lang) for model in ("a", "b") for lang in ("en", "sw")]
    whole = len(_prepared(_suite([], tmp_path).model_copy(update={"limit": None}), tmp_path).items["babel_math", "en"])
    assert [prepared.requested()[shard] for shard in at] == [min(n, whole) for n in expected]
    assert item_limit(_suite([], tmp_path), at[0]) == 20


@pytest.mark.parametrize("wrong", [{"language": "th"}, {"model": "c"}, {"dataset": "mgsm", "language": "sw"}])
def test_a_limit_of_what_is_not_there_is_refused(wrong: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="suite 's': the limit of 9 items for '.*' fits no shard of it"):
        _prepared(_suite([{**wrong, "limit": 9}], tmp_path), tmp_path)


def test_a_top_up_asks_for_more_only_where_it_is_undecided(tmp_path: Path) -> None:
    suite, home = _suite([{"model": "a", "limit": 25}], tmp_path), tmp_path / "home"
    run = start_run(home, suite, datasets=_prepared(suite, home).hashes(), data_dir=None)
    known = Home(home).journal / run.run_id / "b__babel_math__sw.jsonl"
    known.parent.mkdir(parents=True)
    known.write_text("{}\n")
    more = top_up(home, run, 60, {"b": {("babel_math", "sw")}})
    again = top_up(home, more, 90, {"b": {("babel_math", "en")}})
    found = [{s.lang: n for s, n in _prepared(each.suite, home).requested().items()} for each in (more, again)]
    assert found == [{"en": 20, "sw": 60}, {"en": 90, "sw": 60}]
    assert [model.name for model in again.suite.models] == ["b"]
    assert (Home(home).journal / again.run_id / known.name).read_text() == "{}\n"
