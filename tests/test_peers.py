"""Logs that lm-evaluation-harness 0.4.13 and Inspect 0.3.285 wrote (scripts/peer-logs), read and landed as runs.

The server knew four sums: it announced 42, said 7 without announcing it, thought and gave 24 for 25, and said nothing.
"""

import json
from pathlib import Path

import pytest

from tasks.peers import READERS
from tasks.peers.land import land_log
from tasks.peers.records import split_language
from tasks.report import build_report
from tasks.schema import UserError
from tests.small_run import empty_home
from warehouse.connect import open_published
from warehouse.home import Home

PEERS = Path(__file__).parent / "data" / "peers"
RESULTS = next((PEERS / "lm_eval").glob("results_*.json"))
PLAIN = next((PEERS / "inspect").glob("*.json"))
PACKED = sorted((PEERS / "inspect").glob("*.eval"))
STRICT, FLEXIBLE = "lm_eval/exact_match/strict-match", "lm_eval/exact_match/flexible-extract"


def test_lm_eval() -> None:
    log = READERS["lm-eval"](RESULTS, None)
    assert (log.tool, log.tool_version, log.model, log.lower_better) == ("lm-eval", "0.4.13", "tiny", frozenset())
    assert [(a.dataset, a.lang, a.item_id) for a in log.answers] == [
        ("tiny_sums", lang, f"s{n}") for lang in ("en", "th") for n in (1, 2, 3, 4)
    ]
    thai = log.answers[4:]
    assert [a.text for a in thai] == ["Answer: 42", "It is 7", "<think>5 * 5</think>Answer: 24", ""]
    assert [a.status for a in thai] == ["ok", "ok", "ok", "empty"]
    assert [{s.metric: s.value for s in a.scores} for a in thai] == [
        {STRICT: 1.0, FLEXIBLE: 1.0}, {STRICT: 0.0, FLEXIBLE: 1.0}, {STRICT: 0.0, FLEXIBLE: 0.0},
        {STRICT: 0.0, FLEXIBLE: 0.0},
    ]  # fmt: skip
    assert [a.extracted for a in thai] == ["42", "7", "24", None]
    assert thai[0].messages[0].content == thai[0].question == "40 บวก 2 ได้เท่าไร" and thai[0].gold == ("42",)


def test_one_samples_file_of_lm_eval() -> None:
    log = READERS["lm-eval"](next((PEERS / "lm_eval").glob("samples_tiny_sums_en_*")), None)
    assert [a.lang for a in log.answers] == ["en"] * 4


@pytest.mark.parametrize(
    ("path", "lang"), [(PLAIN, "en"), (PACKED[0], "en"), (PACKED[1], "th")], ids=lambda x: str(x)[-9:]
)
def test_inspect(path: Path, lang: str) -> None:
    log = READERS["inspect"](path, None)
    assert (log.tool_version, log.model) == ("0.3.285", "openai-api/local/tiny")
    assert [(a.dataset, a.lang, a.item_id, a.repeat) for a in log.answers] == [
        ("sums", lang, f"s{n}", 0) for n in range(1, 5)
    ]
    assert [a.text for a in log.answers] == ["Answer: 42", "It is 7", "Answer: 24", ""]
    assert [a.thinking for a in log.answers] == ["", "", "5 * 5", ""]
    assert [a.status for a in log.answers] == ["ok", "ok", "ok", "empty"]
    assert [a.scores[0].metric for a in log.answers] == ["inspect/match"] * 4
    assert [[s.value for s in a.scores] for a in log.answers] == [[1, 1], [1, 1], [0, 0], [0, 0]]
    assert log.answers[0].prompt_tokens == 12 and log.answers[0].completion_tokens == 6


def test_a_log_of_lm_eval_lands_with_its_own_figures(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    run = land_log(home.root, READERS["lm-eval"](RESULTS, None))
    with open_published(home) as con:
        rows = con.execute("SELECT lang, metric, mean, n FROM v_metrics WHERE run_id = $run", {"run": run}).fetchall()
        pairs = con.execute("SELECT metric, items, agreement FROM v_language_pairs").fetchall()
    said = json.loads(RESULTS.read_text())["results"]
    assert {row[:3] for row in rows} == {
        (lang, f"lm_eval/exact_match/{name}", said[f"tiny_sums_{lang}"][f"exact_match,{name}"])
        for lang in ("en", "th") for name in ("strict-match", "flexible-extract")
    }  # fmt: skip
    assert {row[3] for row in rows} == {4} and sorted(pairs) == [(FLEXIBLE, 4, 1.0), (STRICT, 4, 1.0)]
    page = build_report(home.root, run)
    assert "10 ลบ 3" in page and "40 บวก 2" not in page, "only failures are there to read"
    assert "not measured in this run" in page, "what the tool did not look for is not reported as absent"


def test_a_log_of_inspect_lands_with_its_own_figures(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    log = READERS["inspect"](PACKED[1], None)
    run = land_log(home.root, log, "renamed")
    with open_published(home) as con:
        found = con.execute("SELECT model_id, lang, metric, value, requested, scored FROM v_results").fetchall()
    assert found == [("renamed", "th", "inspect/match", 0.5, 4, 4)] and run.startswith("inspect-")
    assert land_log(home.root, log) != run, "a log may be landed twice: each is a run of its own"


@pytest.mark.parametrize(
    ("tool", "name", "content", "says"),
    [
        ("lm-eval", "samples.jsonl", "{}", "not named like a log of lm-eval"),
        ("lm-eval", "samples_a_th_2026-01-01T00-00-00.000.jsonl", "{}", "results are not beside it"),
        ("lm-eval", "results_2026-01-01T00-00-00.000.json", "{}", "samples are not beside it"),
        ("inspect", "a.json", "{}", "cannot be read as a log of Inspect: KeyError 'eval'"),
        ("inspect", "a.json", "nothing", "cannot be read as a log of Inspect"),
        ("inspect", "a.eval", "nothing", "cannot be read as a log of Inspect: BadZipFile"),
        ("inspect", "a.json", '{"status": "error", "eval": {"model": "m"}, "samples": []}', "holds no samples"),
    ],
)
def test_what_is_no_log(tmp_path: Path, tool: str, name: str, content: str, says: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=says):
        READERS[tool](tmp_path / name, None)


@pytest.mark.parametrize(
    ("task", "given", "said", "expected"),
    [
        ("mgsm_direct_th", None, None, ("mgsm_direct", "th")),
        ("mgsm_direct_th", "th", "en", ("mgsm_direct", "th")),
        ("sums", None, "th", ("sums", "th")),
        ("sums", "bn", "th", ("sums", "bn")),
        ("sums_easy", "bn", None, ("sums_easy", "bn")),
    ],
)
def test_the_language_of_a_task(task: str, given: str | None, said: object, expected: tuple[str, str]) -> None:
    assert split_language(task, given, said) == expected


@pytest.mark.parametrize(("given", "said"), [(None, None), (None, "klingon"), ("xx", 3)])
def test_a_language_that_is_not_known_is_asked_for(given: str | None, said: object) -> None:
    with pytest.raises(UserError, match="say it with --language"):
        split_language("sums", given, said)


def test_two_answers_to_one_item_are_refused(tmp_path: Path) -> None:
    import dataclasses

    log = READERS["inspect"](PLAIN, None)
    doubled = dataclasses.replace(log, answers=log.answers * 2)
    with pytest.raises(UserError, match="two answers to 's1'"):
        land_log(Home(tmp_path).root, doubled)
    assert not (tmp_path / "parts").exists()
