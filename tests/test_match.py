"""Right and wrong answers by table: integers exactly, other numbers to 0.1 %, labels by position, none is wrong."""

import json
from pathlib import Path

import pytest

from tasks.extract import extract_answer
from tasks.match import match_answer
from tasks.schema import Extraction

ROWS = [json.loads(line) for line in (Path(__file__).parent / "data" / "matches.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['lang']} {row['text'][:20]!r} {row['gold']}")
def test_table(row: dict) -> None:
    kind, labels, options = row.get("kind", "math"), tuple(row.get("labels", ())), tuple(row.get("options", ()))
    found = extract_answer(row["text"], kind, row["lang"], labels, options)
    match = match_answer(found, kind, row["lang"], (row["gold"],))
    assert match.lenient is row["right"]
    assert not match.strict or match.lenient


def said(value: str, *alternatives: str, strict: bool = True) -> Extraction:
    return Extraction("found", value, "marker_line", strict, (0, 1), alternatives)


# value, gold, strict, lenient, reason
NUMBERS = [
    (said("18"), "18", True, True, "equal"),
    (said("18"), "18.0", True, True, "equal"),
    (said("18", strict=False), "18", False, True, "equal"),
    (said("2126"), "2125", False, False, "different"),
    (said("276200"), "276000", False, False, "different"),
    (said("18.01"), "18", False, False, "different"),
    (said("33.33"), "33.3333", True, True, "within 0.1 %"),
    (said("33.2"), "33.3333", False, False, "different"),
    (said("-0.5"), "0.5", False, False, "different"),
    (said("1.234", "1234"), "1234", False, True, "alt_locale"),
    (said("1.234", "1234"), "1.234", True, True, "equal"),
    (said("2125"), "2,125", True, True, "equal"),
    (said("12"), "0.12", False, False, "different"),
    (said("-3"), "\u22123", True, True, "equal"),
]


@pytest.mark.parametrize(("found", "gold", "strict", "lenient", "reason"), NUMBERS)
def test_numbers(found: Extraction, gold: str, strict: bool, lenient: bool, reason: str) -> None:
    match = match_answer(found, "math", "en", (gold,))
    assert (match.strict, match.lenient, match.reason) == (strict, lenient, reason)


def test_any_gold_counts() -> None:
    assert match_answer(said("20"), "math", "en", ("18", "20")).lenient is True


@pytest.mark.parametrize("state", ["none", "ambiguous"])
def test_no_single_answer_is_wrong_and_says_so(state) -> None:
    match = match_answer(
        Extraction(state, "18" if state == "ambiguous" else None, "none", False), "math", "en", ("18",)
    )
    assert (match.strict, match.lenient, match.reason) == (False, False, state)


def test_what_cannot_be_compared_has_no_value() -> None:
    assert match_answer(said("18"), "math", "en", ("eighteen or so",)).lenient is None
    assert match_answer(said("18"), "math", "en", ()).lenient is None
    assert match_answer(said("text"), "translation", "en", ("text",)).lenient is None


LABELS = [
    ("choice", "B", "B", True),
    ("choice", "B", "b", True),
    ("choice", "ข", "B", True),
    ("choice", "2", "Б", True),
    ("choice", "B", "C", False),
    ("nli", "Entailment", "entailment", True),
    ("nli", "ไม่ใช่", "ใช่", False),
    ("qa", "Denver Broncos.", "denver broncos", True),
    ("qa", "1.5", "15", False),
    ("qa", "-5", "5", False),
]


@pytest.mark.parametrize(("kind", "value", "gold", "right"), LABELS)
def test_labels_and_texts(kind, value: str, gold: str, right: bool) -> None:
    assert match_answer(said(value), kind, "en", (gold,)).lenient is right
