"""Reads which option a text chose: a label in any alphabet, alone, bracketed or named as an option, or its text."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from tasks.answer_words import AMONG, AMONG_WORDS, NEGATING_NEXT_COPULA, NEGATION, NEGATORS
from tasks.choice_words import JOINED, OPTION, RIGHT, WRONG, WRONG_WORD
from tasks.labels import LabelSet, label_set
from tasks.payloads import Payload
from tasks.schema import ExtractionState

# Possessive: what opens a payload may be a million asterisks.
_OPEN = (
    r"[\s*_`~\"'“”„«»「『【(\[{<:$>=→✅👉#-]*+(?:\\(?:text|mathrm|mathbf|textbf|boxed|rm)\s*\{\s*\(?)?[\s*_`\"'“(\[]*+"
)
_CLOSE = r"[)\]}*_`\"'”»」』】]*"
_IS = r"(?:[ \t]*(?:is|ist|est|es|é|è|là|adalah|คือ|是|は|:))?"
# Signs that are also words (A dog, В этом, I think, 나): labels only where no sentence goes on behind them.
_WORDLIKE = frozenset("AIEOАВИСКОУЯΗΟ가나다이")
_GOES_ON = re.compile(r"[ \t]+[^\W\d_A-ZА-ЯΑ-Ω]")
_COPULA = re.compile(
    r"\s+(?:(?:is|was|ist|est|es|é|è|er|är|adalah|ialah|là|ni|ay|because|since|это)(?![^\W\d_])|[—–-])"
)
_PUNCTUATED = re.compile(r"\s*(?:[).:、。,，;!?\]}।|–—-]|$|\n)")
_NEGATED_BEFORE = re.compile(
    rf"(?:{NEGATING_NEXT_COPULA}(?:\s+be\b)?|(?<![^\W_]){AMONG})\s*(?:(?:the|l[ae]|el|το|η|[ao]|d(?:ie|er|as)|il|az)\s+)?"
    rf"{OPTION}?\s*[(\[*]*\Z",
    re.IGNORECASE,
)
# Where no such letters stand, that slow pattern finds nothing.
_MAY_BE_NEGATED = re.compile("|".join(map(re.escape, (*NEGATORS, *AMONG_WORDS))))
_NEGATED_BEHIND = re.compile(
    rf"[)\]*]*+\s*+(?:(?:(?:both|is|are|ist|sind|est|sont|es|son|é|è|là|adalah|では|じゃ|は|가|이|은|는|是)\s*){{0,2}}"
    rf"(?:{WRONG}|아니)|:\s*{WRONG_WORD})",
    re.IGNORECASE,
)
_ARTICLE = r"(?:(?:the|la|le|el|το|η)\s+)?"
_MOST_JOINED = 32  # labels in one list; an endless list is no choice
_EDGES = " \t\n*_`\"'“”«»「」『』()[]{}.,:;!?。、।$\\"


class ChoiceReading(NamedTuple):
    """The label of one payload with its place; `others` are what an ambiguous one could also mean."""

    state: ExtractionState
    label: str | None = None
    span: tuple[int, int] = (0, 0)
    others: tuple[str, ...] = ()


NO_CHOICE = ChoiceReading("none")


@dataclass(frozen=True, slots=True)
class _Patterns:
    """The last group of each is the sign; `listed` has one before it, the word that joins ("and", "or")."""

    leading: re.Pattern[str]
    right: re.Pattern[str]
    named: re.Pattern[str]
    bracketed: re.Pattern[str]
    listed: re.Pattern[str]
    bare: re.Pattern[str]


@lru_cache(maxsize=256)
def _patterns(labels: tuple[str, ...]) -> _Patterns:
    sign, first_sign = f"({label_set(labels).sign})", f"({label_set(labels).first_sign})"
    return _Patterns(
        leading=re.compile(rf"{_OPEN}(?:{OPTION}[\s:*_(\[\"'“]*)?{first_sign}{_CLOSE}"),
        right=re.compile(rf"{sign}{_CLOSE}[^\n.。।,;]{{0,24}}?{RIGHT}"),
        named=re.compile(rf"{OPTION}{_IS}[\s:*_(\[\"'“「]*{first_sign}"),
        bracketed=re.compile(rf"[(\[「『【]\s*{sign}\s*[)\]」』】]|\*\*\s*{sign}\s*[.):]?\s*\*\*"),
        listed=re.compile(
            rf"\s*(?:[,،]?\s*({JOINED})|[,/&、，])\s*{_ARTICLE}(?:{OPTION}\s*)?[(\[*\"']*{first_sign}{_CLOSE}"
        ),
        bare=re.compile(sign),
    )


def read_choice(text: str, payload: Payload, labels: tuple[str, ...], options: tuple[str, ...]) -> ChoiceReading:
    """The option that a payload of a folded text names; ambiguous where it names several."""
    reading = _read(text, payload.start, payload.end, labels, options)
    if payload.rival is None:
        return reading
    other = _read(text, *payload.rival, labels, options)
    if reading.label is None or other.label is None or reading.label == other.label:
        return reading if reading.label else other
    return ChoiceReading("ambiguous", reading.label, reading.span, (other.label,))


def read_leading(text: str, start: int, end: int, labels: tuple[str, ...]) -> ChoiceReading:
    """The label that opens text[start:end] as labels do: B, (B), B. Paris, option B; not A in "A dog"."""
    patterns = _patterns(labels)
    match = patterns.leading.match(text, start, end)
    if match is None or _is_negated_behind(text, match.end(1), end) or _is_negated_before(text, match.start(1)):
        return NO_CHOICE
    further: tuple[str, ...] = ()
    if comma := patterns.listed.match(text, match.end(), end):
        further, behind = _joined(text, match.end(), end, label_set(labels))
        if further and _is_negated_behind(text, behind, end):
            return NO_CHOICE
        ends = not _GOES_ON.match(text, comma.end(), end) or patterns.listed.match(text, comma.end(), end)
        if ends and not further:
            further = label_set(labels).means(comma[comma.lastindex or 1])
    if not further and not _stands_as_label(text, match, end):
        return NO_CHOICE
    return _one_of([*label_set(labels).means(match[1]), *further], match.span(1))


def _joined(text: str, behind: int, end: int, signs: LabelSet) -> tuple[tuple[str, ...], int]:
    """The labels that a word joins to the one before `behind` (A, B and C) and where they end; commas alone do not."""
    labels: tuple[str, ...] = ()
    joined, at = (labels, behind), behind
    for _ in range(_MOST_JOINED):
        found = _patterns(signs.labels).listed.match(text, at, end)
        if found is None:
            break
        sign, at = found[found.lastindex or 1], found.end()
        if sign != sign.upper() and text[found.end() - 1] not in ")]":
            break
        labels += signs.means(sign)
        if found[1]:
            joined = (labels, at)
    return joined


def _read(text: str, start: int, end: int, labels: tuple[str, ...], options: tuple[str, ...]) -> ChoiceReading:
    signs, patterns = label_set(labels), _patterns(labels)
    reading = read_leading(text, start, end, labels)
    if reading.state == "none" and options:
        reading = _by_whole_text(text, start, end, signs, options)
    for pattern in (patterns.right, patterns.named, patterns.bracketed):
        if reading.state == "none":
            reading = _only(_found(pattern, text, start, end, signs))
    if reading.state == "none" and options:
        reading = _by_contained_text(text, start, end, signs, options)
    if reading.state == "none" and not signs.numeric:
        reading = _only(_found(patterns.bare, text, start, end, signs))
    return reading


def _stands_as_label(text: str, match: re.Match[str], end: int) -> bool:
    """A small letter needs a bracket, a point or nothing behind it; a word-like capital must not begin a sentence."""
    sign, behind = match[1], match.end(1)
    if sign != sign.upper():
        return text[behind : behind + 1] in (")", "]", ".", "}", "") or not text[behind:end].strip(_EDGES)
    if match.end() > behind or _PUNCTUATED.match(text, behind, end):
        return True
    return sign not in _WORDLIKE or not _GOES_ON.match(text, behind, end) or bool(_COPULA.match(text, behind, end))


def _found(
    pattern: re.Pattern[str], text: str, start: int, end: int, signs: LabelSet
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Labels that a pattern finds, without negated ones, small letters and word-like capitals inside sentences."""
    ruled_out = start
    for match in pattern.finditer(text, start, end):
        sign, span = match[match.lastindex or 1], match.span(match.lastindex or 1)
        closed = text[span[1] : span[1] + 1] in ")]」』】*" and span[1] < end
        others, last = _joined(text, match.end() if closed else span[1], end, signs)
        goes_on = not others and _GOES_ON.match(text, span[1], end) and not _COPULA.match(text, span[1], end)
        if (sign != sign.upper() and not closed) or (sign in _WORDLIKE and goes_on and not closed):
            continue
        if span[0] < ruled_out or _is_negated(text, match, span[1], end) or _is_negated_behind(text, last, end):
            ruled_out = max(ruled_out, last)
            continue
        for label in (*signs.means(sign), *others):
            yield label, span


def _is_negated(text: str, match: re.Match[str], behind: int, end: int) -> bool:
    around = _is_negated_before(text, match.start()) or _is_negated_behind(text, behind, end)
    return around or NEGATION.search(match[0]) is not None


def _is_negated_before(text: str, at: int) -> bool:
    """Whether the words before `at` negate what follows; they may stand before the payload (答案不是A)."""
    before = text[max(text.rfind("\n", 0, at) + 1, at - 16) : at]
    return bool(_MAY_BE_NEGATED.search(before.lower())) and _NEGATED_BEFORE.search(before) is not None


def _is_negated_behind(text: str, behind: int, end: int) -> bool:
    """Whether the words behind a label negate it; mostly only marks stand there, and the search is slow to say no."""
    return bool(text[behind:end].strip(_EDGES)) and _NEGATED_BEHIND.match(text, behind, end) is not None


def _only(found: Iterable[tuple[str, tuple[int, int]]]) -> ChoiceReading:
    places = dict(found)
    return _one_of(list(places), list(places.values())[-1]) if places else NO_CHOICE


def _one_of(labels: list[str], span: tuple[int, int]) -> ChoiceReading:
    distinct = tuple(dict.fromkeys(labels))
    if not distinct:
        return NO_CHOICE
    state: ExtractionState = "found" if len(distinct) == 1 else "ambiguous"
    return ChoiceReading(state, distinct[0], span, distinct[1:])


@lru_cache(maxsize=1024)
def _plain_options(options: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_plain(option) for option in options)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold()).strip(_EDGES)


def _by_whole_text(text: str, start: int, end: int, signs: LabelSet, options: tuple[str, ...]) -> ChoiceReading:
    """The option whose text the payload is."""
    said = _plain(text[start:end])
    hits = [label for label, option in zip(signs.labels, _plain_options(options), strict=False) if option == said]
    return _one_of(hits if said else [], (start, end))


def _by_contained_text(text: str, start: int, end: int, signs: LabelSet, options: tuple[str, ...]) -> ChoiceReading:
    """The only option whose text the payload contains; of nested ones the longest."""
    said, plain = _plain(text[start:end]), _plain_options(options)
    hits = [index for index, option in enumerate(plain) if len(option) > 1 and _contains(said, option)]
    hits = [i for i in hits if not any(plain[i] != plain[j] and plain[i] in plain[j] for j in hits)]
    return _one_of([signs.labels[index] for index in hits if index < len(signs.labels)], (start, end))


def _contains(said: str, option: str) -> bool:
    at = said.find(option)
    if at < 0:
        return False
    if _is_negated_before(said, at):
        return False
    after = at + len(option)
    joined = (at > 0 and said[at - 1].isalnum()) or (after < len(said) and said[after].isalnum())
    return not (joined and option[0].isascii())
