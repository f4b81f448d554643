"""Reads every number in a text the way its language writes numbers: exact decimals, spans, signs, percent, scales."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from tasks.digits import CORE, GAP, read_digits
from tasks.folding import fold
from tasks.languages import LANGUAGES
from tasks.number_signs import REACH, sign_length
from tasks.number_tails import FRAC, Draft, TailSteps, read_tail
from tasks.number_words import PERCENT_ENDINGS, number_words, scale_value
from tasks.numerals import EXACT, HAN, HAN_RUN, VULGAR, counts, divide, han_value, vulgar


class Number(NamedTuple):
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


_LONGEST_HAN = 200
# Regions that swap the separators of their language.
_DECIMAL_OF_REGION = {"es-MX": ".", "es-US": ".", "es-419": ".", "es-PR": ".", "de-CH": ".", "de-LI": ".", "it-CH": "."}
_TOKEN = re.compile(rf"(?P<core>{CORE}|(?<![0-9A-Za-z.])\.[0-9]+)|(?P<han>[{HAN}])|(?P<vulgar>[{VULGAR}])|{FRAC}")
# The exponent of a unit or symbol (cm^2, \\text{m}^{2}, x^2) and the square of "18 m2" are no numbers of their own.
_BASE = re.compile(r"(?:[^\W\d_]|[})\]])[ ]?\^\{?\Z|(?<![^\W_])(?:[cdmk]?m|ft|in|yd|mi)\Z")
_RAISES = frozenset("^{mtnid")
_JOINT = re.compile(r"[ \u00a0]?|,? (?:and|und|et|y|e|dan|na|và|и|और|এবং|و) |[ ]?และ[ ]?")


@dataclass(frozen=True, slots=True)
class _Locale:
    """How a language writes numbers: its decimal and grouping marks among '.', ',' and space; what may follow."""

    decimal: str
    group: str
    tails: TailSteps


@cache
def _locale(lang: str) -> _Locale:
    """A region or script falls back to its language, an unknown language to the English separators."""
    code = lang.replace("_", "-")
    base = code.split("-")[0]
    known = LANGUAGES.get(code) or LANGUAGES.get(base)
    # Arabic and Persian write ٫ with their own digits and '.' with ASCII ones.
    decimal = _DECIMAL_OF_REGION.get(code) or ("," if known and known.decimal == "," else ".")
    group = " " if known and known.group.isspace() else {",": ".", ".": ","}[decimal]
    return _Locale(decimal, group, TailSteps(number_words(base)))


def parse_numbers(text: str, lang: str) -> list[Number]:
    """Every number of a text in order, read as `lang` writes numbers; `span` indexes the text as given.

    The locale's reading is the value; the other one is an alternative, and only where the text allows both (1.234 in
    English is 1.234, perhaps 1234; 12.000 in German is 12 000 and nothing else). Never raises; linear in the length.
    """
    folded = fold(text)
    numbers = read_numbers(folded.text, lang)
    return numbers if folded.same_offsets else [n._replace(span=folded.span(*n.span)) for n in numbers]


def read_numbers(text: str, lang: str, start: int = 0, end: int | None = None) -> list[Number]:
    """`parse_numbers` on text[start:end] of a folded text; spans index that text, nothing outside is looked at."""
    locale = _locale(lang)
    if end is not None and end < len(text):
        text = text[:end]
    found: list[Draft] = []
    position = start
    while token := _TOKEN.search(text, position):
        position = token.end()
        for draft in _read_token(token, text, start, locale):
            if draft.end > position:
                position = draft.end
            if found:
                _append(found, draft, text)
            else:
                found.append(draft)
    return [Number(d.value, d.alts, d.percent, (d.begin, d.end), d.scale, d.spelled, d.fraction) for d in found]


def _read_token(token: re.Match[str], text: str, start: int, locale: _Locale) -> list[Draft]:
    """The numbers of one token with what stands before the first and behind the last of them."""
    begin, end = token.span()
    if begin > start and text[begin - 1] in _RAISES and _is_exponent(text, start, begin, end):
        return []
    form = token.lastgroup
    if form == "core":
        read = read_digits(token[0], locale.decimal, locale.group)
        parts = [Draft(begin + a, begin + b, value, alts) for value, alts, a, b in read]
    elif form == "han":
        run = HAN_RUN.match(text, begin, begin + _LONGEST_HAN)
        # '○' is a zero among numerals; alone it is a bullet or stands for what is left out.
        good = run is not None and run[0].strip("○") != "" and counts(text, begin, run.end())
        parts = [Draft(begin, run.end(), han_value(run[0]), spelled=True)] if run and good else []
    elif form == "vulgar":
        parts = [Draft(begin, end, vulgar(token[0]), fraction=True)]
    else:
        value = _frac_value(token.groups()[3:], locale)
        parts = [Draft(begin, end, value, fraction=True)] if value is not None else []
    if parts:
        read_tail(parts[-1], text, locale.tails)
        if begin > start:
            _read_head(parts[0], text, start, locale)
    return parts


def _is_exponent(text: str, start: int, begin: int, end: int) -> bool:
    base = _BASE.search(text, max(start, begin - 8), begin)
    return base is not None and ("^" in base[0] or text[begin:end] in ("2", "3"))


def _frac_value(groups: tuple[str | None, ...], locale: _Locale) -> Decimal | None:
    above = read_digits((groups[0] or groups[1] or "").strip(".,") or "0", locale.decimal, locale.group)
    below = read_digits((groups[2] or groups[3] or "").strip(".,") or "0", locale.decimal, locale.group)
    return divide(above[0].value, below[0].value) if len(above) == len(below) == 1 else None


def _read_head(draft: Draft, text: str, start: int, locale: _Locale) -> None:
    """What stands directly before a number: percent word, scale word (elfu 18), sign."""
    floor = max(start, draft.begin - REACH)
    head = text[floor : draft.begin]
    if not head.isascii() or head[-1] in " %":
        stripped = head.rstrip().lower()
        if stripped.endswith(PERCENT_ENDINGS) and not (stripped[-1] == "%" and _is_percent_of_another(head)):
            draft.percent = True
        words = locale.tails.words
        if words.before and draft.scale is None and (scale := words.before.search(head)):
            draft.scaled(scale_value(words, scale[1]))
            head = head[: scale.start()]
            draft.begin = floor + len(head)
    length = sign_length(head, floor == start)
    if length is not None:
        draft.begin -= length
        draft.value = draft.value.copy_negate()
        draft.alts = tuple(alt.copy_negate() for alt in draft.alts)


def _is_percent_of_another(head: str) -> bool:
    """20% 18: the sign belongs to 20; %18 is Turkish."""
    return head[-1] != "%" or head[-2:-1].isdigit()


def _append(found: list[Draft], draft: Draft, text: str) -> None:
    """Adds a number, or joins it to the one before: 2 lakh 50 thousand, 3만 5천, 5 juta 300 ribu, 3만5000."""
    last = found[-1]
    if last.scale is None or last.percent or not _continues(last.end, last.scale, draft, text):
        found.append(draft)
        return
    last.value = EXACT.add(last.value.copy_abs(), draft.value).copy_sign(last.value)
    last.alts, last.scale, last.end = (), draft.scale, draft.end


def _continues(end: int, scale: Decimal, draft: Draft, text: str) -> bool:
    """A part with a scale word of its own, or digits that fill the scale exactly (5 thousand 200)."""
    gap = text[end : draft.begin]
    if len(gap) > 8 or not _JOINT.fullmatch(gap) or not 0 < draft.value < scale or draft.fraction:
        return False
    if draft.scale is not None or not gap:
        return True
    return gap in GAP and draft.value == draft.value.to_integral_value() and len(str(draft.value)) == scale.adjusted()
