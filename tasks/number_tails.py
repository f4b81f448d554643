"""Reads what stands directly behind the digits of a number: fraction, power, Han unit, scale words, percent."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tasks.digits import CORE, GAP
from tasks.number_words import PERCENT_AFTER, PERCENT_FIRST, NumberWords, scale_value
from tasks.numerals import EXACT, HAN_RUN, HAN_UNITS, MAX_DIGITS, SUPERSCRIPT, VULGAR, divide, han_value, power, vulgar

FRAC = r"\\[dtc]?frac\s*(?:\{\s*([0-9.,]{1,40})\s*\}|([0-9]))\s*(?:\{\s*([0-9.,]{1,40})\s*\}|([0-9]))"
_MIXED = re.compile(rf"[{GAP}]?([{VULGAR}])|[{GAP}]([0-9]{{1,4}})/([0-9]{{1,4}})(?![0-9/])|[{GAP}]?{FRAC}")
_QUOTIENT = re.compile(r"/([0-9]{1,40})(?![0-9]|[/.,][0-9])")
_PART_OF = re.compile(rf"\s?(?:分之|分の|분의)\s?(?:({CORE})|({HAN_RUN.pattern}))")
_RAISED = rf"(?:(?:\^|\*\*)(?:\{{\s*([-+]?[0-9]{{1,6}})\s*\}}|([-+]?[0-9]{{1,6}}))|({SUPERSCRIPT}))"
_POWER = re.compile(_RAISED)
_TIMES_TEN = re.compile(rf"\s*(?:[×x*·⋅]|\\times|\\cdot)\s*10{_RAISED}")
_EXPONENT = re.compile(r"[eE]([-+]?[0-9]{1,6})(?![0-9A-Za-z])")
_TEN = Decimal(10)
_LONGEST_HAN = 200


@dataclass(slots=True)
class Draft:
    """A number while it is read; each step that recognises something moves `end` and says True."""

    begin: int
    end: int
    value: Decimal
    alts: tuple[Decimal, ...] = ()
    percent: bool = False
    scale: Decimal | None = None
    spelled: bool = False
    fraction: bool = False

    def scaled(self, scale: Decimal) -> None:
        """Multiplies by what a word says."""
        self.value = EXACT.multiply(self.value, scale)
        self.alts = tuple(EXACT.multiply(alt, scale) for alt in self.alts)
        self.scale = EXACT.multiply(self.scale, scale) if self.scale else scale


_Step = Callable[[Draft, str, NumberWords], bool]


def read_tail(draft: Draft, text: str, steps: "TailSteps") -> None:
    """Applies every step that what follows asks for, until nothing more belongs to the number."""
    while True:
        first = text[draft.end : draft.end + 1]
        step = steps.attached.get(first)
        if step is None and first and first in GAP:
            step = steps.spaced.get(text[draft.end + 1 : draft.end + 2])
        if step is None or len(draft.value.as_tuple().digits) > MAX_DIGITS or not step(draft, text, steps.words):
            return


def _fraction(draft: Draft, text: str, words: NumberWords) -> bool:
    """1½, 1 3/4, 2\\frac12; 3/4 unless it is a date's 3/4/24; a percent sign written \\%."""
    if _divisible(draft):
        if mixed := _MIXED.match(text, draft.end):
            return _mixed(draft, mixed)
        quotient = _QUOTIENT.match(text, draft.end)
        if quotient and text[draft.begin - 1 : draft.begin] != "/":
            return _becomes(draft, divide(draft.value, Decimal(quotient[1])), quotient.end())
    return _power(draft, text, words) or _word(draft, text, words)


def _divisible(draft: Draft) -> bool:
    whole = draft.value == draft.value.to_integral_value()
    return whole and not draft.fraction and not draft.alts and draft.scale is None


def _mixed(draft: Draft, mixed: re.Match[str]) -> bool:
    char, over, under, *frac = mixed.groups()
    if char:
        part: Decimal | None = vulgar(char)
    elif over:
        part = divide(Decimal(over), Decimal(under)) if int(over) < int(under) else None
    else:
        plain = all(group is None or group.isdigit() for group in frac)
        part = divide(Decimal(frac[0] or frac[1]), Decimal(frac[2] or frac[3])) if plain else None
    return _becomes(draft, None if part is None else EXACT.add(draft.value, part), mixed.end())


def _becomes(draft: Draft, value: Decimal | None, end: int) -> bool:
    """Turns the draft into a fraction; not with a denominator of zero."""
    if value is None:
        return False
    draft.value, draft.fraction, draft.end = value, True, end
    return True


def _power(draft: Draft, text: str, words: NumberWords) -> bool:
    """1.5e3, 1.5 × 10³, 10^3; one that would be huge is left alone, and the ** behind **18** is no power."""
    for pattern in (_EXPONENT, _TIMES_TEN, _POWER):
        found = pattern.match(text, draft.end)
        if found is None or (found[0].startswith("**") and text[max(0, draft.begin - 2) : draft.begin] == "**"):
            continue
        exponent = next(group for group in found.groups() if group)
        raised = power(draft.value if pattern is _POWER else _TEN, exponent)
        if raised is not None:
            draft.value = raised if pattern is _POWER else EXACT.multiply(draft.value, raised)
            draft.alts, draft.end = (), found.end()
            return True
    return False


def _han(draft: Draft, text: str, words: NumberWords) -> bool:
    """3万5千 and 1.5億 are one number; 三分之二 and 4分の3 are two thirds and three quarters."""
    if part_of := _PART_OF.match(text, draft.end):
        above = Decimal(part_of[1]) if (part_of[1] or "").isdigit() else han_value(part_of[2] or "零")
        return _becomes(draft, divide(above, draft.value), part_of.end())
    run = HAN_RUN.match(text, draft.begin, draft.begin + _LONGEST_HAN)
    if run is None or run.end() <= draft.end:
        return _word(draft, text, words)
    draft.scale = han_value(next(char for char in reversed(run[0]) if char in HAN_UNITS))
    draft.value, draft.alts, draft.end = han_value(run[0]), (), run.end()
    return True


def _word(draft: Draft, text: str, words: NumberWords) -> bool:
    """A scale word (5 million, 3 mil millones, 5พันล้าน) or a percent sign or word."""
    at = draft.end + (text[draft.end] in GAP)
    scale = words.after.match(text, at)
    if scale and not (scale[1] == "k" and at > draft.end):
        draft.scaled(scale_value(words, scale[1]))
        draft.end = scale.end()
        return True
    percent = None if draft.percent else PERCENT_AFTER.match(text, at)
    if percent is None:
        return False
    draft.percent, draft.end = True, percent.end()
    return True


class TailSteps:
    """Which step reads what begins with a character, directly behind the digits or after one space."""

    __slots__ = ("attached", "spaced", "words")

    def __init__(self, words: NumberWords) -> None:
        self.words = words
        both: dict[str, _Step] = dict.fromkeys(words.first_letters | PERCENT_FIRST, _word)
        both |= dict.fromkeys((*HAN_UNITS, "分", "분"), _han)
        both |= dict.fromkeys((*VULGAR, "\\"), _fraction) | dict.fromkeys("×x*·⋅", _power)
        self.spaced = both | dict.fromkeys("0123456789", _fraction)
        self.attached = both | dict.fromkeys("eE^⁰²³⁴⁵⁶⁷⁸⁹⁻", _power) | {"/": _fraction}
