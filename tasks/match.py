"""Compares an extracted answer with the gold ones: integers exactly, other numbers to 0.1 %, labels by themselves."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import regex

from tasks.labels import same_position
from tasks.numbers import parse_numbers
from tasks.schema import Extraction, Kind

# Not the minus or the percent and currency signs of a value; of the other symbols only the backtick is markup.
_ENDS = regex.compile(r"\A(?:[^\P{P}%\-]|[\s`])+|(?:[^\P{P}%]|[\s`])+\Z")
RELATIVE_TOLERANCE = Decimal("0.001")
"""For gold numbers that are not whole; a whole one is met exactly (2126 is no 2125)."""


@dataclass(frozen=True, slots=True)
class Match:
    """`lenient`: the answer, wherever it stood and in either number reading, is a gold one. `strict`: it was announced
    in form, and its own language's reading is. Both None, with the reason, where nothing can be compared."""

    strict: bool | None
    lenient: bool | None
    reason: str


def match_answer(extraction: Extraction, kind: Kind, lang: str, gold: tuple[str, ...]) -> Match:
    """Whether an answer meets one of the gold answers. No answer and an ambiguous one are wrong, and say so.

    Kinds without a single right wording (translation, open, rag, refusal) are for the metrics: both values None.
    """
    compare = _COMPARE.get(kind)
    if compare is None:
        return Match(None, None, f"{kind} is not scored by matching")
    if not gold:
        return Match(None, None, "no gold answer")
    if extraction.state != "found" or extraction.value is None:
        return Match(False, False, extraction.state)
    return compare(extraction, lang, gold)


@lru_cache(maxsize=4096)
def gold_number(text: str, lang: str) -> Decimal | None:
    """A gold number: a plain decimal, with thousands commas (2,125), or else as the language writes it."""
    plain = text.strip().replace("\u2212", "-")
    if re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", plain):
        plain = plain.replace(",", "")
    try:
        value = Decimal(plain)
        return value if value.is_finite() else None
    except InvalidOperation:
        numbers = parse_numbers(text, lang)
        return numbers[0].value if len(numbers) == 1 else None


def _equals(value: Decimal, gold: Decimal) -> bool:
    if value == gold:
        return True
    return gold != gold.to_integral_value() and abs(value - gold) <= RELATIVE_TOLERANCE * abs(gold)


def _match_number(extraction: Extraction, lang: str, gold: tuple[str, ...]) -> Match:
    value = extraction.value or ""
    if value in gold and gold_number(value, lang) is not None:
        return Match(extraction.strict, True, "equal")
    numbers = [number for number in (gold_number(text, lang) for text in gold) if number is not None]
    if not numbers:
        return Match(None, None, f"gold '{gold[0]}' is no number")
    said = Decimal(value or "NaN")
    if any(_equals(said, number) for number in numbers):
        return Match(extraction.strict, True, "equal" if said in numbers else "within 0.1 %")
    if any(_equals(Decimal(other), number) for other in extraction.alternatives for number in numbers):
        return Match(False, True, "alt_locale")
    return Match(False, False, "different")


def _match_label(extraction: Extraction, lang: str, gold: tuple[str, ...]) -> Match:
    value = extraction.value or ""
    if value in gold or any(_plain(value) == _plain(label) or same_position(value, label) for label in gold):
        return Match(extraction.strict, True, "equal")
    return Match(False, False, "different")


def _match_text(extraction: Extraction, lang: str, gold: tuple[str, ...]) -> Match:
    value = extraction.value or ""
    if any(_plain(value) == _plain(text) for text in gold):
        return Match(extraction.strict, True, "equal")
    return Match(False, False, "different")


def _plain(text: str) -> str:
    """NFKC, case folded, spaces single, without the punctuation of any script at its ends; what stands inside stays."""
    folded = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold())
    return _ENDS.sub("", folded)


_COMPARE: dict[str, Callable[[Extraction, str, tuple[str, ...]], Match]] = {
    "math": _match_number,
    "choice": _match_label,
    "nli": _match_label,
    "qa": _match_text,
}
