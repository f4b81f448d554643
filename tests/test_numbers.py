"""Numbers as 50 languages write them: a table, every locale's own format parsed back, and texts made to break it."""

import csv
import json
import os
import sys
import time
import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.folding import fold
from tasks.languages import LANGUAGES, Language
from tasks.numbers import Number, parse_numbers

ROWS = [json.loads(line) for line in (Path(__file__).parent / "data" / "numbers.jsonl").read_text().splitlines()]
DATA = os.environ.get("BABELGATE_DATA_DIR")
needs_data = pytest.mark.skipif(not DATA, reason="needs BABELGATE_DATA_DIR")


def values(text: str, lang: str) -> list[Decimal]:
    return [number.value for number in parse_numbers(text, lang)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['lang']} {row['text'][:24]!r}")
def test_table(row: dict) -> None:
    assert values(row["text"], row["lang"]) == [Decimal(value) for value in row["values"]]


# What the plain values of the table cannot show: the other reading, percent, scale, span.
DETAILS = [
    ("en", "1.234", Number(Decimal("1.234"), (Decimal(1234),), span=(0, 5))),
    ("en", "12.000", Number(Decimal("12.000"), (Decimal(12000),), span=(0, 6))),
    ("de", "12.000", Number(Decimal(12000), (), span=(0, 6))),
    ("de", "1,234", Number(Decimal("1.234"), (Decimal(1234),), span=(0, 5))),
    ("ru", "12.345", Number(Decimal(12345), (Decimal("12.345"),), span=(0, 6))),
    ("ru", "12.000", Number(Decimal(12000), (), span=(0, 6))),
    ("en", "0.125", Number(Decimal("0.125"), (), span=(0, 5))),
    ("en", "-1.234", Number(Decimal("-1.234"), (Decimal(-1234),), span=(0, 6))),
    ("en", "it is 12 % now", Number(Decimal(12), (), percent=True, span=(6, 10))),
    ("th", "ร้อยละ 12", Number(Decimal(12), (), percent=True, span=(7, 9))),
    ("ja", "1.5億円", Number(Decimal(150000000), (), span=(0, 4), scale=Decimal(10**8))),
    ("en", "3 million", Number(Decimal(3000000), (), span=(0, 9), scale=Decimal(10**6))),
    ("zh", "共三十五个", Number(Decimal(35), (), span=(1, 4), spelled=True)),
    ("en", "a 3/4 b", Number(Decimal("0.75"), (), span=(2, 5), fraction=True)),
    ("fa", "\u200fجمع \u200e۱۸\u200f", Number(Decimal(18), (), span=(6, 8))),
    ("vi", unicodedata.normalize("NFD", "3 triệu"), Number(Decimal(3000000), (), span=(0, 9), scale=Decimal(10**6))),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "text", "expected"), DETAILS, ids=lambda value: str(value)[:24])
def test_details(lang: str, text: str, expected: Number) -> None:
    assert parse_numbers(text, lang) == [expected]


def test_every_unicode_digit_is_read() -> None:
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if unicodedata.category(char) == "Nd":
            assert values(f"{char}7", "en") == [unicodedata.digit(char) * 10 + 7], hex(code)


def test_fraction_that_does_not_end_is_precise_and_no_float() -> None:
    (third,) = values("1/3", "en")
    assert abs(third * 3 - 1) < Decimal("1e-40")


# -- every locale's own format, parsed back --


def written(value: Decimal, locale: Language, digits: str, grouped: bool) -> str:
    """A number as the locale writes it: its digits, marks and grouping."""
    sign, (whole, _, part) = "-" if value.is_signed() else "", f"{value.copy_abs():f}".partition(".")
    groups: list[str] = []
    while grouped and len(whole) > (2 if groups and locale.indian_grouping else 3):
        size = 2 if groups and locale.indian_grouping else 3
        whole, groups = whole[:-size], [whole[-size:], *groups]
    text = locale.group.join([whole, *groups]) + (locale.decimal + part if part else "")
    return sign + text.translate({ord(str(digit)): char for digit, char in enumerate(digits)})


def same(number: Number, value: Decimal) -> bool:
    return number.value == value and not number.percent


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted(LANGUAGES)),
    st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=2),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["{}", "= {}", ": {}.", "({})", "**{}**", "${}$", "{}。", "\\boxed{{{}}}", "≈{}", "{}\n"]),
)
@example("de", Decimal("1234.5"), True, False, "{}.")
@example("hi", Decimal("-1234567.25"), True, True, "{}")
def test_every_locale_reads_what_it_writes(lang: str, value: Decimal, grouped: bool, native: bool, frame: str) -> None:
    locale = LANGUAGES[lang]
    digits = "".join(chr(ord(locale.zero) + digit) for digit in range(10)) if native else "0123456789"
    value = value.quantize(Decimal(1)) if value == value.to_integral_value() else value
    read = parse_numbers(frame.format(written(value, locale, digits, grouped)), lang)
    assert len(read) == 1
    assert same(read[0], value)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(LANGUAGES)),
    st.integers(min_value=1, max_value=10**9),
    st.sampled_from(["-", "\u2212", "\uff0d", "\ufe63", "\u2010"]),
    st.sampled_from(["{}{}", "x = {}{}", "({}{})", "{}${}", "{} {}", "**{}{}**", "答案是{}{}", "คำตอบคือ{}{}"]),
)
def test_no_sign_is_lost(lang: str, value: int, sign: str, frame: str) -> None:
    assert values(frame.format(sign, value), lang) == [-value]


ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("0123456789٠١२३๑２.,'’٫٬- –−$%/^*\\{}eE×½²万億千百一二三만억 \u200f\u00a0\u202f\ud800"),
    ),
    max_size=60,
)


@settings(max_examples=600, deadline=None)
@given(ANY_TEXT, st.sampled_from([*LANGUAGES, "xx", "", "pt-BR", "zho_Hans"]))
@example("\\frac{1}{0}", "en")
@example("5/0", "en")
@example("1e999999", "en")
@example("9^999999", "en")
@example("\n7", "en")
@example("a\u0301\u0301\ud8009", "vi")
def test_no_text_raises_and_spans_lie_in_the_text(text: str, lang: str) -> None:
    end = 0
    for number in parse_numbers(text, lang):
        assert isinstance(number.value, Decimal) and number.value.is_finite()
        start, stop = number.span
        assert end <= start < stop <= len(text)
        assert any(char.isnumeric() for char in unicodedata.normalize("NFKC", text[start:stop]))
        end = stop


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_folding_leads_back(text: str) -> None:
    folded = fold(text)
    assert folded.span(0, len(folded.text))[1] <= len(text)
    for at in range(len(folded.text)):
        start, stop = folded.span(at, at + 1)
        assert 0 <= start < stop <= len(text)


HUGE = {
    "ascii": "1" * 10**6,
    "arabic": "١" * 10**6,
    "han": "一" * 10**6,
    "dashes": "-" * 10**6 + "5",
    "frac": "\\frac{" * 10**5,
    "nfd": "e\u0301" * 10**5 + "5",
    "groups": "1" + " 000" * 10**5,
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_a_million_characters_take_no_minute(text: str) -> None:
    started = time.process_time()
    parse_numbers(text, "en")
    assert time.process_time() - started < 30


def test_a_million_digits_are_one_number() -> None:
    (number,) = parse_numbers("-" + "7" * 10**6, "en")
    assert number.value == Decimal("-" + "7" * 10**6)


@needs_data
@pytest.mark.data
def test_every_mgsm_gold_is_a_whole_number() -> None:
    assert DATA
    for path in sorted((Path(DATA) / "mgsm").glob("mgsm_*.tsv")):
        with path.open(encoding="utf-8") as lines:
            golds = [row[1] for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]
        assert len(golds) == 250
        for gold in golds:
            (number,) = parse_numbers(gold, "en")
            assert number.value == int(gold.replace(",", ""))
