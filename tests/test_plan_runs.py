"""The run record: written once, found again, refused where it is not what it should be."""

from pathlib import Path

import pytest

from tasks.plan import Shard
from tasks.runs import read_run, record_path, run_ids, start_run
from tasks.schema import UserError, digest
from tasks.suite import load_suite


def test_a_run_is_found_again_as_it_was(tmp_path: Path) -> None:
    suite = load_suite("quickstart")
    run = start_run(tmp_path, suite, datasets={"babel_math": "hash"}, data_dir=None)
    assert read_run(tmp_path, run.run_id) == run
    assert read_run(tmp_path, "latest") == run
    assert run.model("smollm2-135m") == suite.models[0]


def test_two_runs_of_one_second_differ(tmp_path: Path) -> None:
    suite = load_suite("quickstart")
    runs = [start_run(tmp_path, suite, datasets={}, data_dir=tmp_path) for _ in range(3)]
    assert len({run.run_id for run in runs}) == 3
    assert run_ids(tmp_path) == [run.run_id for run in runs]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [("quickstrat", "did you mean 'quickstart-1'?"), ("zzz", "the newest is 'quickstart-1'"), ("../..", "no run")],
)
def test_a_run_that_is_not_there(asked: str, sentence: str, tmp_path: Path) -> None:
    path = record_path(tmp_path, "quickstart-1")
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(UserError) as raised:
        read_run(tmp_path, asked)
    assert sentence in str(raised.value)


def test_no_runs_at_all(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run 'latest' under"):
        read_run(tmp_path, "latest")


def test_a_torn_record_is_refused(tmp_path: Path) -> None:
    path = record_path(tmp_path, "r")
    path.parent.mkdir(parents=True)
    path.write_text('{"run_id": "r"')
    with pytest.raises(UserError, match="is not a run record"):
        read_run(tmp_path, "r")


def test_a_digest_does_not_run_its_parts_together() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("\ud800") == digest("\ud800")


def test_no_two_shards_share_a_journal() -> None:
    shards = [Shard("a__b", "c", "en"), Shard("a", "b__c", "en"), Shard("a", "b", "c__en"), Shard("a_", "b", "en")]
    assert len({shard.slug for shard in shards}) == len(shards)
    assert Shard("a_", "b", "en").slug == "a___b__en"  # names of journals that are there
