"""Reads every number in a text the way its language writes numbers: exact decimals, spans, signs, percent, scales."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from tasks.digits import CORE, GAP, read_digits
from tasks.folding import fold
from tasks.languages import LANGUAGES
from tasks.number_signs import REACH, sign_length
from tasks.number_words import (
    PERCENT_AFTER,
    PERCENT_ENDINGS,
    PERCENT_FIRST,
    NumberWords,
    number_words,
    scale_value,
)
from tasks.numerals import (
    EXACT,
    HAN,
    HAN_RUN,
    HAN_UNITS,
    MAX_DIGITS,
    SUPERSCRIPT,
    VULGAR,
    counts,
    divide,
    han_value,
    power,
    vulgar,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: its value in the locale's reading, and `alts`, its other reading where the text allows two.

    `scale` is what words multiplied it by (already in `value`), `percent` keeps a percent sign (18 % has the value 18),
    `span` indexes the text, `spelled` says that it was written without digits, `fraction` that it was a quotient.
    """

    value: Decimal
    alts: tuple[Decimal, ...] = ()
    percent: bool = False
    span: tuple[int, int] = (0, 0)
    scale: Decimal | None = None
    spelled: bool = False
    fraction: bool = False


# Regions that swap the separators of their language.
_DECIMAL_OF_REGION = {"es-MX": ".", "es-US": ".", "es-419": ".", "es-PR": ".", "de-CH": ".", "de-LI": ".", "it-CH": "."}
_FRAC = r"\\[dtc]?frac\s*(?:\{\s*([0-9.,]{1,40})\s*\}|([0-9]))\s*(?:\{\s*([0-9.,]{1,40})\s*\}|([0-9]))"
_TOKEN = re.compile(rf"(?P<core>{CORE}|(?<![0-9A-Za-z.])\.[0-9]+)|(?P<han>[{HAN}])|(?P<vulgar>[{VULGAR}])|{_FRAC}")
_MIXED = re.compile(rf"[{GAP}]?([{VULGAR}])|[{GAP}]([0-9]{{1,4}})/([0-9]{{1,4}})(?![0-9/])|[{GAP}]?{_FRAC}")
_QUOTIENT = re.compile(r"/([0-9]{1,40})(?![0-9]|[/.,][0-9])")
_PART_OF = re.compile(rf"\s?(?:分之|分の|분의)\s?(?:({CORE})|({HAN_RUN.pattern}))")
_POWER = re.compile(rf"(?:\^|\*\*)(?:\{{\s*([-+]?[0-9]{{1,6}})\s*\}}|([-+]?[0-9]{{1,6}}))|({SUPERSCRIPT})")
_TIMES_TEN = re.compile(
    rf"\s*(?:[×x*·⋅]|\\times|\\cdot)\s*10(?:(?:\^|\*\*)\s*(?:\{{\s*([-+]?[0-9]{{1,6}})\s*\}}|([-+]?[0-9]{{1,6}}))|({SUPERSCRIPT}))"
)
_EXPONENT = re.compile(r"[eE]([-+]?[0-9]{1,6})(?![0-9A-Za-z])")
_JOINT = re.compile(r"[ \u00a0]?|,? (?:and|und|et|y|e|dan|na|và|и|और|এবং|و) |[ ]?และ[ ]?")
_TAIL_FIRST = frozenset("eE^*/×x·⋅\\分분0123456789⁰²³⁴⁵⁶⁷⁸⁹⁻" + VULGAR + HAN_UNITS) | PERCENT_FIRST


@dataclass(frozen=True, slots=True)
class _Locale:
    """How a language writes numbers; `tail_first` are the characters that can begin what follows a number."""

    decimal: str
    words: NumberWords
    tail_first: frozenset[str]


@cache
def _locale(lang: str) -> _Locale:
    """A region or script falls back to its language, an unknown language to the English separators."""
    code = lang.replace("_", "-")
    base = code.split("-")[0]
    known = LANGUAGES.get(code) or LANGUAGES.get(base)
    # Arabic and Persian write ٫ with their own digits and '.' with ASCII ones.
    decimal = _DECIMAL_OF_REGION.get(code) or ("," if known and known.decimal == "," else ".")
    words = number_words(base)
    return _Locale(decimal, words, _TAIL_FIRST | words.first_letters)


def parse_numbers(text: str, lang: str) -> list[Number]:
    """Every number of a text in order, read as `lang` writes numbers; `span` indexes the text as given.

    The locale's reading is the value; the other one is an alternative, and only where the text allows both (1.234 in
    English is 1.234, perhaps 1234; 12.000 in German is 12 000 and nothing else). Never raises; linear in the length.
    """
    folded = fold(text)
    return [replace(number, span=folded.span(*number.span)) for number in read_numbers(folded.text, lang)]


def read_numbers(text: str, lang: str, start: int = 0, end: int | None = None) -> list[Number]:
    """`parse_numbers` on text[start:end] of a folded text; spans index that text, nothing outside is looked at."""
    locale = _locale(lang)
    if end is not None and end < len(text):
        text = text[:end]
    found: list[Number] = []
    position = start
    while token := _TOKEN.search(text, position):
        position = token.end()
        for number in _read_token(token, text, start, locale):
            position = max(position, number.span[1])
            _append(found, number, text)
    return found


def _read_token(token: re.Match[str], text: str, start: int, locale: _Locale) -> list[Number]:
    """The numbers of one token with what stands before the first and behind the last of them."""
    begin = token.start()
    if token["core"]:
        read = read_digits(token["core"], locale.decimal)
        parts = [Number(value, alts, span=(begin + a, begin + b)) for value, alts, a, b in read]
    elif token["han"]:
        run = HAN_RUN.match(text, begin, begin + 200)
        good = run is not None and counts(text, begin, run.end())
        parts = [Number(han_value(run.group()), span=run.span(), spelled=True)] if run and good else []
    elif token["vulgar"]:
        parts = [Number(vulgar(token["vulgar"]), span=token.span(), fraction=True)]
    else:
        value = _frac_value(token.groups()[3:], locale)
        parts = [Number(value, span=token.span(), fraction=True)] if value is not None else []
    if parts:
        parts[-1] = _with_tail(parts[-1], text, locale)
        parts[0] = _with_head(parts[0], text, start, locale)
    return parts


def _frac_value(groups: tuple[str | None, ...], locale: _Locale) -> Decimal | None:
    above = read_digits((groups[0] or groups[1] or "").strip(".,") or "0", locale.decimal)
    below = read_digits((groups[2] or groups[3] or "").strip(".,") or "0", locale.decimal)
    return divide(above[0].value, below[0].value) if len(above) == len(below) == 1 else None


def _with_head(number: Number, text: str, start: int, locale: _Locale) -> Number:
    """The number with what stands directly before it: percent word, scale word (elfu 18), sign."""
    begin = number.span[0]
    floor = max(start, begin - REACH)
    head = text[floor:begin]
    if not head:
        return number
    words = locale.words
    stripped = head.rstrip()
    if stripped.lower().endswith(PERCENT_ENDINGS) and not (stripped[-1] == "%" and _is_percent_of_another(head)):
        number = replace(number, percent=True)
    if words.before and number.scale is None and (scale := words.before.search(head)):
        number = _scaled(number, scale_value(words, scale[1]), number.span[1])
        head = head[: scale.start()]
        number = replace(number, span=(floor + len(head), number.span[1]))
    length = sign_length(head, floor == start)
    if length is None:
        return number
    flipped = tuple(alt.copy_negate() for alt in number.alts)
    return replace(
        number, value=number.value.copy_negate(), alts=flipped, span=(floor + len(head) - length, number.span[1])
    )


def _is_percent_of_another(head: str) -> bool:
    """20% 18: the sign belongs to 20; %18 is Turkish."""
    return head[-1] != "%" or head[-2:-1].isdigit()


def _with_tail(number: Number, text: str, locale: _Locale) -> Number:
    """The number with what stands directly behind it: fraction, power, Han unit, scale words, percent."""
    end = number.span[1]
    following = text[end : end + 2]
    first = following[1:] if following[:1] in GAP else following[:1]
    if not first or first not in locale.tail_first or len(number.value.as_tuple().digits) > MAX_DIGITS:
        return number
    for step in (_with_fraction, _with_power, _with_han):
        number = step(number, text)
    number = _with_scale(number, text, locale.words)
    percent = PERCENT_AFTER.match(text, number.span[1] + (text[number.span[1] : number.span[1] + 1] in GAP))
    if percent and text[number.span[1] :]:
        return replace(number, percent=True, span=(number.span[0], percent.end()))
    return number


def _with_fraction(number: Number, text: str) -> Number:
    """1½, 1 3/4, 2\\frac12, 3/4 (not a date's 3/4/24), 三分之二."""
    begin, end = number.span
    if number.fraction or number.alts or number.value != number.value.to_integral_value():
        return number
    if mixed := _MIXED.match(text, end):
        char, over, under, *frac = mixed.groups()
        if char:
            part = vulgar(char)
        elif over:
            part = divide(Decimal(over), Decimal(under)) if int(over) < int(under) else None
        else:
            part = divide(Decimal(frac[0] or frac[1]), Decimal(frac[2] or frac[3])) if _plain(frac) else None
        return _replaced(number, part and EXACT.add(number.value, part), mixed.end())
    if (quotient := _QUOTIENT.match(text, end)) and text[begin - 1 : begin] != "/":
        return _replaced(number, divide(number.value, Decimal(quotient[1])), quotient.end())
    if part_of := _PART_OF.match(text, end):
        above = Decimal(part_of[1]) if (part_of[1] or "").isdigit() else han_value(part_of[2] or "零")
        return _replaced(number, divide(above, number.value), part_of.end())
    return number


def _plain(groups: list[str]) -> bool:
    return all(group is None or group.isdigit() for group in groups)


def _replaced(number: Number, value: Decimal | None, end: int) -> Number:
    """The number as a fraction up to `end`; unchanged where there is no value (a denominator of zero)."""
    return number if value is None else replace(number, value=value, fraction=True, span=(number.span[0], end))


def _with_power(number: Number, text: str) -> Number:
    """1.5e3, 1.5 × 10³, 10^3; one that would be huge is left alone."""
    begin, end = number.span
    for pattern, base in ((_EXPONENT, Decimal(10)), (_TIMES_TEN, Decimal(10)), (_POWER, None)):
        found = pattern.match(text, end)
        if found is None or (found.group().startswith("**") and text[max(0, begin - 2) : begin] == "**"):
            continue
        raised = power(base or number.value, next(group for group in found.groups() if group))
        if raised is not None:
            value = EXACT.multiply(number.value, raised) if base else raised
            return replace(number, value=value, alts=(), span=(begin, found.end()))
    return number


def _with_han(number: Number, text: str) -> Number:
    """3万5千, 1.5億: digits and Han units in one number."""
    run = HAN_RUN.match(text, number.span[0])
    if run is None or run.end() <= number.span[1] or run.end() - run.start() > 200:
        return number
    return replace(number, value=han_value(run.group()), alts=(), scale=_last_unit(run.group()), span=run.span())


def _last_unit(run: str) -> Decimal:
    return han_value(next(char for char in reversed(run) if char in HAN_UNITS))


def _with_scale(number: Number, text: str, words: NumberWords) -> Number:
    """5 million, 3 mil millones, 5พันล้าน: every scale word that follows multiplies."""
    while True:
        end = number.span[1]
        gap = text[end : end + 1] in GAP and end < len(text)
        found = words.after.match(text, end + gap)
        if found is None or (gap and found[1] in "kK"):
            return number
        number = _scaled(number, scale_value(words, found[1]), found.end())


def _scaled(number: Number, scale: Decimal, end: int) -> Number:
    return replace(
        number,
        value=EXACT.multiply(number.value, scale),
        alts=tuple(EXACT.multiply(alt, scale) for alt in number.alts),
        scale=EXACT.multiply(number.scale or Decimal(1), scale),
        span=(number.span[0], end),
    )


def _append(found: list[Number], number: Number, text: str) -> None:
    """Adds a number, or joins it to the one before: 2 lakh 50 thousand, 3만 5천, 5 juta 300 ribu, 3만5000."""
    last = found[-1] if found else None
    if last is None or last.scale is None or last.percent or not _continues(last, last.scale, number, text):
        found.append(number)
        return
    value = EXACT.add(last.value.copy_abs(), number.value)
    found[-1] = replace(
        last, value=value.copy_sign(last.value), alts=(), scale=number.scale, span=(last.span[0], number.span[1])
    )


def _continues(last: Number, scale: Decimal, number: Number, text: str) -> bool:
    """A part with a scale word of its own, or digits that fill the scale exactly (5 thousand 200)."""
    gap = text[last.span[1] : number.span[0]]
    if len(gap) > 8 or not _JOINT.fullmatch(gap) or not 0 < number.value < scale or number.fraction:
        return False
    if number.scale is not None or not gap:
        return True
    return (
        gap in GAP and number.value == number.value.to_integral_value() and len(str(number.value)) == scale.adjusted()
    )
