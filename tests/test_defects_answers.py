"""Defects of well-known harnesses in reading answers, each the test of its own name (see docs/metrics.md)."""

import json
import os
from pathlib import Path

import pytest

from tasks.extract import extract_answer
from tasks.match import match_answer


def right(text: str, lang: str, gold: str) -> bool | None:
    return match_answer(extract_answer(text, "math", lang), "math", lang, (gold,)).lenient


@pytest.mark.parametrize(("text", "gold"), [("5", "50"), ("5", "500"), ("1000", "10"), ("50", "5"), ("18", "180")])
def test_d04_zeros_at_the_end_of_a_whole_number_count(text: str, gold: str) -> None:
    assert right(text, "en", gold) is False
    assert right(gold, "en", gold) is True


# MGSM's own last sentences, one of each wording that a strict pattern of another harness missed.
EXEMPLAR_ENDINGS = [
    ("bn", "5 + 6 = 11। উত্তর হল 11।", "11"),
    ("ja", "だから全部で、74-35=39個のチョコレートが残っている。答えは39個。", "39"),
    ("ja", "7+2=9個のおもちゃがあります。答えは9個です。", "9"),
    ("de", "5 + 6 = 11. Die Antwort ist 11.", "11"),
    ("de", "also sind es jetzt 9 + 20 =29 Computer. Die Antwort lautet 29.", "29"),
    ("ru", "5 + 6 = 11. Ответ — 11.", "11"),
    ("te", "5+6=11. సమాధానం 11.", "11"),
    ("te", "7+2=9 బొమ్మలున్నాయి. సమాధానం 9.బొమ్మలున్నాయి.", "9"),
    ("th", "ดังนั้น 5 + 6 = 11 คำตอบคือ 11", "11"),
    ("sw", "5 + 6 = 11. Jibu ni 11.", "11"),
    ("zh", "5 + 6 = 11。答案是 11。", "11"),
]


@pytest.mark.parametrize(("lang", "text", "gold"), EXEMPLAR_ENDINGS)
def test_d06_the_strict_form_matches_the_benchmarks_own_exemplars(lang: str, text: str, gold: str) -> None:
    found = extract_answer(text, "math", lang)
    assert match_answer(found, "math", lang, (gold,)).strict is True


@pytest.mark.parametrize(
    ("lang", "text", "gold"),
    [("bn", "১৮", "18"), ("th", "๑๘", "18"), ("ar", "١٨", "18"), ("hi", "१८", "18"), ("fa", "۱۸", "18"),
     ("te", "౧౮", "18"),
     ("ja", "１８", "18"), ("fr", "1 234", "1234"), ("ru", "1\u00a0234", "1234"), ("en", "$18.00", "18")],
)  # fmt: skip
def test_d07_native_digits_spaces_and_currency_are_read(lang: str, text: str, gold: str) -> None:
    assert right(text, lang, gold) is True


@pytest.mark.parametrize(("text", "gold"), [("-18", "18"), ("1.8", "18"), ("3,5", "35"), ("15", "1.5"), ("-5", "5")])
def test_d08_no_point_comma_or_minus_is_deleted(text: str, gold: str) -> None:
    assert right(text, "en", gold) is False


def test_d09_native_digits_minus_comma_order_and_case() -> None:
    assert right("উত্তর: ১৮", "bn", "18") is True
    assert right("Answer: -18", "en", "18") is False
    assert right("18,00", "de", "18") is True
    assert right("18,00", "en", "1800") is False
    assert right("1.234", "de", "1234") is True
    assert right("1.234", "en", "1234") is True
    assert right("Answer: 18 dollars for 3 eggs", "en", "18") is True
    assert right("answer: 18", "en", "18") is True
    for gold in ("2,125", "114,200", "276,000", "5,600"):
        assert right(f"Answer: {gold.replace(',', '')}", "en", gold) is True


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("zh", "答案是18。"),
        ("ja", "答えは18です。"),
        ("th", "คำตอบคือ18บาท"),
        ("en", "Answer:18"),
        ("ko", "답은 18입니다"),
        ("en", "42! No, 18!"),
    ],
)
def test_d10_numbers_need_no_space_around_them(lang: str, text: str) -> None:
    assert right(text, lang, "18") is True


def test_d10_more_than_five_digits_count() -> None:
    assert right("123457", "en", "123456") is False
    assert right("1.234", "de", "1.234") is False


@pytest.mark.data
@pytest.mark.skipif(not os.environ.get("BABELGATE_DATA_DIR"), reason="needs BABELGATE_DATA_DIR")
def test_d06_all_88_exemplars_match_strictly() -> None:
    exemplars = json.loads((Path(os.environ["BABELGATE_DATA_DIR"]) / "mgsm" / "exemplars.json").read_text())
    matched = [
        match_answer(
            extract_answer(exemplar["a"], "math", lang),
            "math",
            lang,
            (str(exemplars["EXEMPLAR_NUMBER_ANSWERS"][int(number) - 1]),),
        ).strict
        for lang, eight in exemplars["MGSM_EXEMPLARS"].items()
        for number, exemplar in eight.items()
    ]
    assert len(matched) == 88 and all(matched)
