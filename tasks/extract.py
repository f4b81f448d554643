"""Reads the answer out of a completion's text: found, ambiguous or none, with the method, the place and the form."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

from tasks.extract_choice import NO_CHOICE, ChoiceReading, read_choice, read_leading
from tasks.extract_label import read_label
from tasks.extract_math import read_answer_number
from tasks.folding import Folded, fold
from tasks.payloads import Payload, payloads
from tasks.schema import Extraction, Kind

EXTRACTOR_VERSION = "2"
_NONE = Extraction("none", None, "none", False)
_UNANNOUNCED = frozenset({"result_line", "bold", "last_line"})
_LISTED_LINES = 40
# The end of "The answer is Paris.", not the point of "U.S. Army".
_SENTENCE_END = re.compile(r"(?<![A-Z])[.!?](?=\s|$)|[。！？।॥။។۔]")
_EDGES = " \t\r\n*_`\"'“”"
_BESIDE_A_NUMBER = _EDGES + ".,。।॥။។۔$€£¥₹฿()[]\\"
_BESIDE_A_LABEL = _EDGES + ".:。।॥။។۔()[]{}「」『』【】"


def extract_answer(
    text: str,
    kind: Kind,
    lang: str,
    labels: tuple[str, ...] = (),
    options: tuple[str, ...] = (),
    markers: tuple[str, ...] = (),
) -> Extraction:
    """What an answer says, in canonical form: math a plain decimal, choice and nli one of `labels`, others a text.

    `labels` and `options` are what the prompt showed, `markers` the data set's native answer markers ("Jibu"). Tried
    in order: marker line, box, tag, ####, marker in a sentence, bold, lines from the last. `strict` says that one of
    the first five announced the answer, or that it is all there is; `span` indexes `text`. Never raises.
    """
    folded = fold(text)
    if not folded.text or folded.text.isspace():
        return Extraction("none", None, "empty", False)
    labels, options, markers = tuple(labels), tuple(options), tuple(markers)
    if kind == "math":
        return _math(folded, lang, markers)
    if kind == "choice" or (kind == "nli" and labels and all(len(label) == 1 for label in labels)):
        return _choice(folded, lang, labels, options, markers)
    if kind == "nli":
        return _label(folded, lang, labels, markers)
    return _passage(text, folded, lang, markers) if kind == "qa" else _slice(text, (0, len(text)), "whole", strict=True)


def canonical_number(value: Decimal) -> str:
    """A plain decimal: no exponent, no zeros behind the point, no minus on zero."""
    plain = str(value)
    if "E" in plain:
        plain = format(value, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in ("-0", "") else plain


def _math(folded: Folded, lang: str, markers: tuple[str, ...]) -> Extraction:
    text = folded.text
    for payload in payloads(text, lang, markers):
        reading = read_answer_number(text, lang, payload)
        number = reading.number
        if number is None:
            continue
        whole = payload.method == "last_line" and not _beside(text, number.span, _BESIDE_A_NUMBER)
        others = tuple(canonical_number(value) for value in (*reading.others, *number.alts))
        return Extraction(
            reading.state,
            canonical_number(number.value),
            "whole" if whole else payload.method,
            (payload.strict or whole) and not number.spelled,
            folded.span(*number.span),
            others,
        )
    return _NONE


def _beside(text: str, span: tuple[int, int], edges: str) -> str:
    return text[: span[0]].strip(edges) + text[span[1] :].strip(edges)


def _choice(
    folded: Folded, lang: str, labels: tuple[str, ...], options: tuple[str, ...], markers: tuple[str, ...]
) -> Extraction:
    text = folded.text
    opening = _opening_label(text, labels)
    if opening.label is not None and not _beside(text, opening.span, _BESIDE_A_LABEL):
        return _chosen(folded, opening, "whole", strict=True)
    for payload in payloads(text, lang, markers):
        announced = payload.method not in _UNANNOUNCED
        if not announced and opening.label is not None:
            return _chosen(folded, opening, "first_line", strict=False)
        if (listed := _bare_list(text, payload.start if announced else 0, labels)).label is not None:
            return _chosen(folded, listed, payload.method, strict=False)
        reading = read_choice(text, payload, labels, options)
        if reading.label is not None:
            return _chosen(folded, reading, payload.method, strict=payload.strict)
    return _NONE


def _opening_label(text: str, labels: tuple[str, ...]) -> ChoiceReading:
    """The label that opens the answer's first line; none where its lines list several options."""
    lines = _lines(text)
    opening = read_leading(text, *next(lines), labels)
    if opening.label is not None:
        for line in islice(lines, _LISTED_LINES):
            if read_leading(text, *line, labels).label not in (None, opening.label):
                return NO_CHOICE
    return opening


def _bare_list(text: str, start: int, labels: tuple[str, ...]) -> ChoiceReading:
    """Several different labels alone on their lines from `start` to the end, as one ambiguous reading."""
    if "\n" not in text[start:]:
        return NO_CHOICE
    found: dict[str, ChoiceReading] = {}
    for begin, end in islice(_lines(text, start), _LISTED_LINES):
        reading = read_leading(text, begin, end, labels)
        beside = text[begin : reading.span[0]] + text[reading.span[1] : end]
        if reading.label is None or beside.strip(_BESIDE_A_LABEL + "-•"):
            return NO_CHOICE
        found[reading.label] = reading
    if len(found) < 2:
        return NO_CHOICE
    first, *others = found
    return found[first]._replace(state="ambiguous", others=tuple(others))


def _lines(text: str, start: int = 0) -> Iterator[tuple[int, int]]:
    """The lines that are not blank, as spans."""
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if text[start:end].strip():
            yield start, end
        start = end + 1


def _first_line(text: str) -> tuple[tuple[int, int], bool]:
    """The first line that is not blank, and whether it is the only one."""
    lines = _lines(text)
    return next(lines), next(lines, None) is None


def _chosen(folded: Folded, reading: ChoiceReading, method: str, *, strict: bool) -> Extraction:
    return Extraction(reading.state, reading.label, method, strict, folded.span(*reading.span), reading.others)


def _label(folded: Folded, lang: str, labels: tuple[str, ...], markers: tuple[str, ...]) -> Extraction:
    text = folded.text
    for payload in _label_payloads(text, lang, markers):
        reading = read_label(text, payload, labels, lang)
        if reading.label is None:
            continue
        return Extraction(
            reading.state, reading.label, payload.method, payload.strict, folded.span(*reading.span), reading.others
        )
    return _NONE


def _label_payloads(text: str, lang: str, markers: tuple[str, ...]) -> Iterator[Payload]:
    """What is announced, then the first line (Neutral. Because …), then the rest."""
    line, only = _first_line(text)
    first = Payload("whole" if only else "first_line", *line, only)
    shown = False
    for payload in payloads(text, lang, markers):
        if payload.method in _UNANNOUNCED and not shown:
            shown = True
            yield first
        yield payload
    if not shown:
        yield first


def _passage(text: str, folded: Folded, lang: str, markers: tuple[str, ...]) -> Extraction:
    """The words that were announced, to the end of their line or sentence; without an announcement the first line."""
    for payload in payloads(folded.text, lang, markers):
        if payload.method in _UNANNOUNCED:
            break
        end = payload.end
        if payload.method == "marker_copula" and (stop := _SENTENCE_END.search(folded.text, payload.start, end)):
            end = stop.start()
        return _slice(text, folded.span(payload.start, end), payload.method, strict=payload.strict)
    line, only = _first_line(folded.text)
    return _slice(text, folded.span(*line), "whole" if only else "first_line", strict=only)


def _slice(text: str, span: tuple[int, int], method: str, *, strict: bool) -> Extraction:
    start, end = span
    edges = " \t\r\n" if method == "whole" else _EDGES
    part = text[start:end]
    value = part.strip(edges)
    if not value:
        return _NONE
    at = start + part.index(value)
    return Extraction("found", value, method, strict, (at, at + len(value)))
