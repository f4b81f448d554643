"""`babelgate score`: rows in, rows out, in order; every kind, gold in every form, and whatever people may feed it."""

import json
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.metrics import METRICS
from tasks.schema import UserError
from tasks.score_rows import score_row, score_rows

ROW = {"id": "1", "kind": "math", "lang": "en", "answer": "ANSWER: 18", "gold": 18}
CHOICE = {"id": "1", "kind": "choice", "lang": "en", "answer": "B", "gold": "B"}


def run(lines: Iterable[str], **options: bool) -> tuple[list[dict], str]:
    """All output rows, and the sentence at the end."""
    found: list[dict] = []
    try:
        for line in score_rows(lines, **options):
            found.append(json.loads(line))
    except UserError as error:
        return found, str(error)
    return found, ""


def lines(*rows: object) -> list[str]:
    return [json.dumps(row) for row in rows]


def test_a_row_has_everything() -> None:
    (found,), sentence = run(lines(ROW))
    assert sentence == ""
    assert found.keys() == {
        "id", "value", "state", "correct", "strict", "method", "span", "status", "metrics", "reasons", "language",
    }  # fmt: skip
    assert (found["id"], found["value"], found["state"], found["correct"], found["status"]) == (
        "1",
        "18",
        "found",
        True,
        "ok",
    )
    assert found["metrics"]["exact_match"] == 1.0
    assert found["metrics"].keys() == {m.name for m in METRICS.values() if m.measure and "math" in m.kinds}


def test_order_is_kept_and_blank_lines_are_nothing() -> None:
    rows = [{**ROW, "id": number} for number in range(50)]
    found, _ = run([line for row in lines(*rows) for line in (row, "\n", "  ")])
    assert [row["id"] for row in found] == list(range(50))


# gold in any form, labels, options → correct
GOLDS = [
    ({**ROW, "gold": 18}, True),
    ({**ROW, "gold": 18.0}, True),
    ({**ROW, "gold": "18"}, True),
    ({**ROW, "gold": ["17", "18"]}, True),
    ({**ROW, "gold": "18.00"}, True),
    ({**ROW, "gold": 17}, False),
    ({**ROW, "answer": "ANSWER: 2,125", "gold": "2,125"}, True),
    ({**ROW, "lang": "de", "answer": "Antwort: 2125", "gold": "2,125"}, True),
    ({**ROW, "lang": "de", "answer": "Antwort: 3,5", "gold": "3,5"}, True),
    ({**ROW, "lang": "de", "answer": "Antwort: 3,5", "gold": 3.5}, True),
    ({**ROW, "answer": "ANSWER: 0.0001", "gold": 1e-4}, True),
    ({**ROW, "answer": "ANSWER: -3", "gold": -3}, True),
    ({**ROW, "lang": "bn", "answer": "উত্তর হল ১৮।", "gold": "১৮"}, True),
    (CHOICE, True),
    ({**CHOICE, "gold": "b"}, True),
    ({**CHOICE, "gold": 1}, True),
    ({**CHOICE, "gold": 0}, False),
    ({**CHOICE, "gold": "Paris", "options": ["Rome", "Paris", "Bonn"]}, True),
    ({**CHOICE, "answer": "Paris", "gold": "B", "options": ["Rome", "Paris", "Bonn"]}, True),
    ({**CHOICE, "lang": "th", "answer": "คำตอบคือ ข", "gold": "ข", "labels": ["ก", "ข", "ค", "ง"]}, True),
    ({**CHOICE, "lang": "th", "answer": "คำตอบคือ ข", "gold": 1, "labels": ["ก", "ข", "ค", "ง"]}, True),
    ({**CHOICE, "answer": "2", "gold": 2, "labels": ["1", "2", "3"]}, True),
    ({**CHOICE, "kind": "nli", "answer": "neutral", "gold": "neutral"}, True),
    ({**CHOICE, "kind": "nli", "answer": "neutral", "gold": 1}, True),
    ({"id": "q", "kind": "qa", "lang": "en", "answer": "Paris", "gold": ["Rome", "Paris"]}, True),
    ({"id": "q", "kind": "qa", "lang": "en", "answer": "Paris", "gold": None, "references": ["Paris"]}, True),
    ({"id": "q", "kind": "qa", "lang": "en", "answer": "Rome", "gold": "Paris"}, False),
    ({"id": "o", "kind": "open", "lang": "en", "answer": "Paris is the capital."}, None),
    ({"id": "t", "kind": "translation", "lang": "de", "answer": "Guten Tag", "references": "Guten Tag"}, None),
    ({"id": "r", "kind": "refusal", "lang": "en", "answer": "I cannot talk about that."}, None),
    ({"id": "g", "kind": "rag", "lang": "en", "answer": "Paris", "gold": "Paris", "context": "Paris is a city."}, True),
]  # fmt: skip


@pytest.mark.parametrize(("row", "correct"), GOLDS)
def test_gold(row: dict, correct: bool | None) -> None:
    assert score_row(row)["correct"] is correct


# lang, answer, gold: a final full stop of any script is not part of an answer, though the official script keeps it.
FULL_STOPS = [
    ("my", "ရန်ကုန်။", "ရန်ကုန်"),
    ("km", "ភ្នំពេញ។", "ភ្នំពេញ"),
    ("km", "ភ្នំពេញ៕", "ភ្នំពេញ"),
    ("hi", "दिल्ली।", "दिल्ली"),
    ("ur", "لاہور۔", "لاہور"),
    ("ja", "東京。", "東京"),
]


@pytest.mark.parametrize(("lang", "answer", "gold"), FULL_STOPS)
def test_a_final_full_stop_is_no_part_of_an_answer(lang: str, answer: str, gold: str) -> None:
    row = {"id": "q", "kind": "qa", "lang": lang, "answer": answer}
    found, _ = run(lines(row | {"gold": gold}, row | {"gold": gold * 2}))
    assert [(each["correct"], each["strict"], each["metrics"]["em_official"]) for each in found] == [
        (True, True, 0.0),
        (False, False, 0.0),
    ]


STATUSES = [
    ({**ROW, "answer": "<think>18?</think>ANSWER: 18"}, "ok", True),
    ({**ROW, "answer": "<think>ANSWER: 18"}, "truncated", False),
    ({**ROW, "answer": "ANSWER: 18", "thinking": "let me see"}, "ok", True),
    ({**ROW, "answer": "", "thinking": "it is 18"}, "empty", False),
    ({**ROW, "answer": None}, "empty", False),
    ({**ROW, "finish_reason": "length"}, "truncated", False),
    ({**ROW, "finish_reason": "stop"}, "ok", True),
    ({**ROW, "status": "filtered"}, "filtered", False),
    ({**ROW, "status": "infra_error"}, "infra_error", None),
]


@pytest.mark.parametrize(("row", "status", "correct"), STATUSES)
def test_status(row: dict, status: str, correct: bool | None) -> None:
    found = score_row(row)
    assert (found["status"], found["correct"]) == (status, correct)


def test_the_span_is_in_the_text_as_it_was_given() -> None:
    row = {**ROW, "answer": "<think>a long thought</think>\nANSWER: 18"}
    found = score_row(row)
    assert isinstance(found["span"], list)
    start, end = found["span"]
    assert row["answer"][start:end] == "18"


BAD = [
    ("{", "not a JSON object"),
    ("[1]", "not a JSON object but list"),
    ("null", "not a JSON object but NoneType"),
    ('{"id": 1, "kind": "math", "lang": "en", "answer": "1", "gold": NaN}', "finite number, 'nan' is not"),
    (json.dumps({k: v for k, v in ROW.items() if k != "lang"}), "the key 'lang' is missing"),
    (
        json.dumps({**{k: v for k, v in ROW.items() if k != "answer"}, "anser": "1"}),
        "'answer' is missing, there is 'anser'",
    ),
    (json.dumps({**ROW, "kind": "maths"}), "unknown kind 'maths'; did you mean 'math'?"),
    (json.dumps({**ROW, "kind": 3}), "'kind' must be a text, not int"),
    (json.dumps({**ROW, "lang": "xx"}), "unknown language 'xx'"),
    (json.dumps({**ROW, "answer": 18}), "'answer' must be a text, not int"),
    (json.dumps({**ROW, "gold": "eighteen cows"}), "'gold' must be one finite number"),
    (json.dumps({**ROW, "gold": True}), "must be a number or a text, not bool"),
    (json.dumps({**ROW, "gold": {"a": 1}}), "must be a number or a text, not dict"),
    (json.dumps({k: v for k, v in ROW.items() if k != "gold"}), "the key 'gold' is missing"),
    (json.dumps({**CHOICE, "gold": "Z"}), "'gold' must be a label (A, B, C, D), its index or its option"),
    (json.dumps({**CHOICE, "gold": 9}), "its index or its option, '9' is not"),
    (json.dumps({**CHOICE, "labels": [1, 2]}), "'labels' must be a text or a list of texts"),
    (json.dumps({**ROW, "status": "fine"}), "unknown status 'fine'"),
    (json.dumps({**ROW, "id": None}), "'id' must be a text or a whole number, not NoneType"),
    (json.dumps({**ROW, "gold": "1e99999"}), "too large or small a number"),
    ("[" * 100_000, "not a JSON object"),
]


@pytest.mark.parametrize(("line", "sentence"), BAD)
def test_a_bad_row_says_why_and_costs_no_other(line: str, sentence: str) -> None:
    good = json.dumps(ROW)
    found, last = run([good, line, good])
    assert [row.get("correct") for row in found] == [True, None, True]
    assert found[1]["line"] == 2
    assert sentence in found[1]["error"]
    assert "\n" not in found[1]["error"]
    assert last == "1 of 3 rows could not be scored; their lines in the output say why"


def test_corpus_scores_on_request() -> None:
    rows = [
        {"id": 1, "kind": "translation", "lang": "de", "answer": "Guten Morgen", "gold": "Guten Morgen"},
        {"id": 2, "kind": "translation", "lang": "de", "answer": "xx", "references": ["Danke sehr", "Vielen Dank"]},
        {"id": 3, "kind": "translation", "lang": "zh", "answer": "早上好", "gold": "早上好"},
    ]
    found, _ = run(lines(*rows), corpus=True)
    assert len(found) == 5
    assert [row["corpus"]["lang"] for row in found[3:]] == ["de", "zh"]
    assert found[3]["corpus"]["chrf"]["n"] == 2
    assert found[3]["corpus"]["chrf"]["signature"].startswith("nrefs:var|")
    assert found[4]["corpus"]["bleu"]["signature"].split("|")[3] == "tok:zh"
    assert len(run(lines(*rows))[0]) == 3


def test_half_a_surrogate_pair_and_null_characters() -> None:
    found, sentence = run(
        ['{"id": "\\ud83d", "kind": "math", "lang": "en", "answer": "\\udc00 ANSWER: 18\\u0000", "gold": 18}']
    )
    assert sentence == ""
    assert found[0]["value"] == "18"
    json.dumps(found, ensure_ascii=False).encode("utf-8")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = ["id", "kind", "lang", "answer", "gold", "labels", "references", "options", "markers", "thinking", "status"]


@settings(max_examples=150, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=4), base=st.sampled_from([ROW, CHOICE]))
def test_any_row_gives_exactly_one_row(changes: dict, base: dict) -> None:
    found, _ = run([json.dumps({**base, **changes})])
    assert len(found) == 1
    assert ("error" in found[0]) != ("value" in found[0])


@settings(max_examples=100, deadline=None)
@given(
    answer=st.text(max_size=80),
    lang=st.sampled_from(["en", "th", "ar", "zh", "hi"]),
    kind=st.sampled_from(["math", "qa", "translation", "open", "rag", "refusal"]),
)
def test_any_answer_is_scored(answer: str, lang: str, kind: str) -> None:
    found, sentence = run([json.dumps({"id": 1, "kind": kind, "lang": lang, "answer": answer, "gold": "5"})])
    assert sentence == ""
    assert found[0]["status"] in ("ok", "empty", "truncated")
