"""Answers from given passages: right, supported by the passage, and honest where the passage does not say it."""

import json
import unicodedata
from functools import cache
from pathlib import Path

import regex

from tasks.languages import LANGUAGES
from tasks.metrics.qa import gold_contained
from tasks.metrics.registry import Case, Measured, item_metric

PHRASES = Path(__file__).parent.parent / "data" / "absent_phrases.json"
SIGNATURE = "phrases:1"
GROUNDED = "words:4+|grams:3"
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_NUMBER = regex.compile(r"\p{Nd}+(?:[.,\u066b\u066c]\p{Nd}+)*")
_CONTENT_LETTERS = 4


def absent_phrase(case: Case) -> str:
    """The words by which an answer says that the passage does not hold it; empty without any.

    The data set's own phrase and the list of the language count; English ones in every language.
    """
    text = _plain(case.text)
    own = (_plain(case.absent),) if case.absent else ()
    known = (*own, *_phrases().get(case.lang, ()), *_phrases()["en"])
    return next((phrase for phrase in known if phrase in text), "")


@item_metric("1", ("rag",), binary=True)
def rag_correct(case: Case) -> Measured:
    """1 where the answer holds a gold and does not deny it; without a gold, where it calls the passage silent."""
    said = absent_phrase(case)
    if not case.gold:
        return Measured(float(bool(said)), f"says '{said}'" if said else "", SIGNATURE)
    if said:
        return Measured(0.0, f"says '{said}'", SIGNATURE)
    return Measured(gold_contained(case).value, "", SIGNATURE)


@item_metric("1", ("rag",), binary=True)
def honest_absence(case: Case) -> Measured:
    """1 where the passage does not hold the answer and the model says so; None where it does hold it."""
    if case.gold:
        return Measured(None, "the passage holds the answer", SIGNATURE)
    said = absent_phrase(case)
    return Measured(float(bool(said)), f"says '{said}'" if said else "", SIGNATURE)


@item_metric("1", ("rag",), binary=True, direction="lower_better", on_failure=None)
def false_absence(case: Case) -> Measured:
    """1 where the passage holds the answer and the model says that it does not; None where it does not hold it."""
    if not case.gold:
        return Measured(None, "the passage does not hold the answer", SIGNATURE)
    said = absent_phrase(case)
    return Measured(float(bool(said)), f"says '{said}'" if said else "", SIGNATURE)


@item_metric("1", ("rag",), on_failure=None)
def supported_share(case: Case) -> Measured:
    """The share of an answer's content that stands in passage or question: a lower bound of groundedness.

    Content are words of four letters or more and numbers; runs of three characters where a script has no spaces. A
    paraphrase lowers it; what it cannot see is for the rubric `groundedness`.
    """
    if absent_phrase(case):
        return Measured(None, "says that the passage is silent", GROUNDED)
    given = _units(f"{case.context}\n{case.question}", case.lang)
    used = _units(case.text, case.lang)
    if not used:
        return Measured(None, "no content words", GROUNDED)
    return Measured(sum(unit in given for unit in used) / len(used), "", GROUNDED)


@item_metric("1", ("rag",), binary=True, direction="lower_better", on_failure=None)
def invented_number(case: Case) -> Measured:
    """1 where the answer holds a number that neither passage nor question has; None without a number."""
    numbers = _numbers(case.text)
    if not numbers:
        return Measured(None, "no number in the answer", SIGNATURE)
    invented = sorted(numbers - _numbers(f"{case.context}\n{case.question}"))
    return Measured(float(bool(invented)), ", ".join(invented), SIGNATURE)


def _units(text: str, lang: str) -> set[str]:
    plain = _plain(text)
    if lang in LANGUAGES and not LANGUAGES[lang].spaced:
        joined = "".join(_WORD.findall(plain))
        return {joined[start : start + 3] for start in range(len(joined) - 2)}
    return {word for word in _WORD.findall(plain) if len(word) >= _CONTENT_LETTERS or word.isdecimal()}


def _numbers(text: str) -> set[str]:
    """Numbers by their digits alone, whatever script and separators they are written in."""
    found = _NUMBER.findall(unicodedata.normalize("NFKC", text))
    return {"".join(str(unicodedata.decimal(char)) for char in number if char.isdecimal()) for number in found}


def _plain(text: str) -> str:
    """NFKC, case-folded, apostrophes made one, single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return " ".join(folded.split()).rstrip(" .。।")


@cache
def _phrases() -> dict[str, tuple[str, ...]]:
    listed = json.loads(PHRASES.read_text(encoding="utf-8"))
    return {lang: tuple(_plain(phrase) for phrase in found) for lang, found in listed.items()}
