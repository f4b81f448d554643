"""Reads the number that a payload gives as answer: after the last '=', the first if it starts so, else the last."""

import re
from decimal import Decimal
from typing import NamedTuple

from tasks.answer_words import AMONG, AND_WORD, CORRECTION, NEGATED_BEHIND, NEGATED_COPULA, OR_WORD, may_be_negated
from tasks.numbers import Number, read_numbers
from tasks.payloads import Payload, boxes
from tasks.schema import ExtractionState
from tasks.spelled import spelled_number

_EQUALS = re.compile(r"(?<![<>!=])=(?![=])>?|[≈≒≅≃→⇒➡]|\\(?:approx|[Rr]ightarrow|implies)\b")
_SENTENCE_END = re.compile(r"[.!?](?=[\s\"'”’*_)\]]|$)|[。！？।॥။។۔]")
_BULLET = re.compile(r"\s*(?:[-–•*]\s+|\d{1,2}[.)]\s+(?=\D))")
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*")
# What may stand before a number that starts a payload: signs of markup and currency, and words of approximation.
_LEAD = re.compile(
    r"(?:\\[a-zA-Z]+|[^\w]|\b(?:[A-Z]{2,3}|Rp|Rs|approximately|approx|about|around|roughly|exactly|only|just|simply"
    r"|therefore|thus|ungefähr|etwa|rund|genau|insgesamt|environ|exactement|aproximadamente|exactamente|unos|unas"
    r"|cerca de|circa|около|примерно|ровно|всего|sekitar|kira-kira|hanya|khoảng|tổng cộng|takriban|kama|yaklaşık"
    r"|toplam|dola|shilingi|dolar|đô la)\b\.?"
    r"|约|約|大约|大約|一共|总共|總共|共|全部で|合計|약|총|모두|ประมาณ|ทั้งหมด|लगभग|कुल|প্রায়|মোট|حوالي|تقريبا|సుమారు|మొత్తం)*+\Z"
)
_LIST = re.compile(rf"\s*(?:[,;、،/&~–—-]|{AND_WORD})\s*\Z|\s+\Z", re.IGNORECASE)
_BETWEEN = re.compile(rf"(?<![^\W_]){AMONG}\s*[$€£¥₹฿]?\Z", re.IGNORECASE)
_NEGATED = re.compile(rf"{NEGATED_COPULA}\s*\Z", re.IGNORECASE)
# A circumstance of the answer, not the answer: 35 dollars after 2 days, 18 dollars in 1 day, 18 eggs (3 per day).
_CIRCUMSTANCE = re.compile(
    r"(?<![^\W\d_])(?:after|every|per|each|después de|tras|cada|après|chaque|nach|pro|jede[nrs]?|depois de|após|dopo"
    r"|ogni|через|після|после|setelah|selepas|sau|baada ya(?: \w+)?|pagkatapos ng|po|หลังจาก|ทุกๆ?)\s*\Z",
    re.IGNORECASE,
)
_FOR_ONE = re.compile(
    r"(?<![^\W\d_])(?:in|for|within|en|por|par|em|pro|за|dalam|trong|kwa(?: \w+)?)\s*\Z", re.IGNORECASE
)
_RATE = re.compile(
    r"[^()\d\n]{0,20}(?<![^\W\d_])(?:per|each|a day|pro|par|por|cada|на|mỗi)(?![^\W\d_])[^()\d\n]{0,20}[)）]",
    re.IGNORECASE,
)
_EDGES = " \t\r\n*_`\"'“”.,。।!$€£¥₹฿()[]\\"
_DIGIT = re.compile("[0-9]")
_TWO_NUMBERS = re.compile("[0-9][^0-9]+[0-9]")
# Most announced answers are no more than digits: every other step would find nothing to do in them.
_BARE = re.compile("[ *]*([0-9]{1,18})[.*。।]*")
_CORRECTED = 300  # characters: a longer payload is a solution, not a sentence that corrects itself
_OPERATOR = re.compile(r"\s*[-+*/×÷·−x]\s*\Z")


class NumberReading(NamedTuple):
    """The answer of one payload; `others` are the values that an ambiguous one could also mean."""

    state: ExtractionState
    number: Number | None = None
    others: tuple[Decimal, ...] = ()


_NOTHING = NumberReading("none")


def read_answer_number(text: str, lang: str, payload: Payload) -> NumberReading:
    """The number of a payload of a folded text, compared with its rival where it has one."""
    reading = _read(text, lang, payload.start, payload.end, payload.method)
    if payload.rival is None:
        return _NOTHING if reading.number and _opens_a_solution(text, payload, reading.number) else reading
    other = _read(text, lang, *payload.rival, payload.method)
    if reading.number is None or other.number is None:
        return reading if reading.number else other
    if reading.number.value == other.number.value:
        return reading
    return NumberReading("ambiguous", reading.number, (other.number.value,))


def _opens_a_solution(text: str, payload: Payload, number: Number) -> bool:
    """Answer: She has 16 eggs.⏎She sells 9.⏎So 18. What is announced so are steps, unless a number comes first."""
    if payload.method not in ("marker_line", "marker_prose", "result_line") or not _DIGIT.search(text, payload.end):
        return False
    begins = payload.method != "marker_line" or (payload.start < 80 and not _DIGIT.search(text, 0, payload.start))
    return begins and not _LEAD.match(text, payload.start, number.span[0])


def _read(text: str, lang: str, start: int, end: int, method: str) -> NumberReading:
    bare = _BARE.fullmatch(text, start, end)
    if bare and not _is_negated(text, max(text.rfind("\n", 0, bare.start(1)) + 1, bare.start(1) - 20), bare.start(1)):
        return NumberReading("found", Number(Decimal(bare[1]), span=bare.span(1)))
    if inner := ("boxed" in text[start:end] and boxes(text, start, end)):
        start, end = inner[-1]
    start = _after_bullet(text, start, end, method)
    start = _after_correction(text, start, end)
    begin, stop = _statement(text, lang, start, end, method)
    begin, stop = _side_of_equation(text, lang, begin, stop)
    numbers = _digits_first(read_numbers(text, lang, begin, stop))
    if not numbers:
        spelled = spelled_number(text, lang, begin, stop)
        # At the end of a text, words like one and un count only where nothing else stands.
        alone = spelled and not (text[begin : spelled.span[0]] + text[spelled.span[1] : stop]).strip(_EDGES)
        announced = method not in ("last_line", "bold", "result_line")
        return NumberReading("found", spelled) if spelled and (announced or alone) else _NOTHING
    return _choose(text, lang, begin, stop, numbers)


def _after_bullet(text: str, start: int, end: int, method: str) -> int:
    """Behind a list's dash or number, which is no part of the answer (- 18, 2. 18)."""
    if method not in ("last_line", "result_line"):
        return start
    bullet = _BULLET.match(text, start, end)
    return bullet.end() if bullet else start


def _after_correction(text: str, start: int, end: int) -> int:
    """Behind the words that take back a number given before them, where another follows."""
    if end - start >= _CORRECTED or not _TWO_NUMBERS.search(text, start, end):
        return start
    corrections = [found.end() for found in CORRECTION.finditer(text, start, end)]
    for behind in reversed(corrections):
        if _DIGIT.search(text, start, behind) and _DIGIT.search(text, behind, end):
            return behind
    return start


def _statement(text: str, lang: str, start: int, end: int, method: str) -> tuple[int, int]:
    """The sentence that answers: behind a marker the first with a number, at the end of a text the last with one."""
    ends = [found.end() for found in _SENTENCE_END.finditer(text, start, end)]
    if not ends or ends[-1] < end:
        ends.append(end)
    if len(ends) == 1:
        return start, end
    pieces = list(zip([start, *ends[:-1]], ends, strict=True))
    forward = method not in ("last_line", "marker_prose", "result_line")
    for begin, stop in pieces if forward else reversed(pieces):
        if _DIGIT.search(text, begin, stop):
            # In front of the number stands perhaps only an abbreviation: Rs. 18.
            return (start if forward else begin), stop
    return start, end


def _side_of_equation(text: str, lang: str, start: int, end: int) -> tuple[int, int]:
    """Behind the last '=', unless that is the working of a number given before: 18 = 9 × 2, 18 (9 × 2 = 18)."""
    signs = list(_EQUALS.finditer(text, start, end))
    if not signs:
        return start, end
    first = next(iter(read_numbers(text, lang, start, min(signs[0].start(), start + 80))), None)
    if first is not None and _LEAD.match(text, start, first.span[0]):
        between = text[first.span[1] : signs[0].start()]
        behind = read_numbers(text, lang, signs[-1].end(), end)
        if "(" in between or "（" in between or (not between.strip(" $*\\") and _is_working(text, behind)):
            return start, signs[0].start()
    for sign in reversed(signs):
        if _DIGIT.search(text, sign.end(), end):
            return sign.end(), end
    return start, end


def _is_working(text: str, numbers: list[Number]) -> bool:
    return len(numbers) > 1 and bool(_OPERATOR.match(text, numbers[0].span[1], numbers[1].span[0]))


def _digits_first(numbers: list[Number]) -> list[Number]:
    """Without the spelled numbers (一 in 一个) where there are digits."""
    written = [number for number in numbers if not number.spelled]
    return written or numbers


def _choose(text: str, lang: str, start: int, end: int, numbers: list[Number]) -> NumberReading:
    first = bool(_LEAD.match(text, start, numbers[0].span[0]))
    numbers = _not_negated(text, numbers, end)
    if not numbers:
        return _NOTHING
    if not first:
        numbers = [number for number in numbers if not _is_circumstance(text, number)] or numbers
    bold = _only_bold(text, start, end, numbers)
    if bold is not None:
        return NumberReading("found", bold)
    chosen, rival = (numbers[0], numbers[1:2]) if first else (numbers[-1], numbers[-2:-1])
    if rival and rival[0].value != chosen.value:
        a, b = sorted((chosen.span, rival[0].span))
        between = text[a[1] : b[0]]
        listed = (
            len(between) <= 8 and (first or _BETWEEN.search(text, max(0, a[0] - 16), a[0])) and _LIST.match(between)
        )
        if listed or (len(between) <= 40 and "(" not in between and OR_WORD.search(between)):
            return NumberReading("ambiguous", chosen, (rival[0].value,))
    return NumberReading("found", chosen)


def _not_negated(text: str, numbers: list[Number], end: int) -> list[Number]:
    """Without "not 12", "no es 12", "12 नहीं", "20ではなく". What negates may stand before the payload: 答案不是20."""
    kept: list[Number] = []
    floor = text.rfind("\n", 0, numbers[0].span[0]) + 1
    for number in numbers:
        begin, behind = number.span
        negated = NEGATED_BEHIND.match(text, behind, min(end, behind + 24))
        if not negated and not _is_negated(text, max(floor, begin - 20), begin):
            kept.append(number)
        # A negator belongs to one number: in "20ではなく18" not to the second.
        floor = negated.end() if negated else behind
    return kept


def _is_negated(text: str, floor: int, begin: int) -> bool:
    return may_be_negated(text[floor:begin]) and _NEGATED.search(text, floor, begin) is not None


def _is_circumstance(text: str, number: Number) -> bool:
    begin, behind = number.span
    if _CIRCUMSTANCE.search(text, max(0, begin - 16), begin):
        return True
    if number.value == 1 and _FOR_ONE.search(text, max(0, begin - 12), begin):
        return True
    return text[begin - 1 : begin] in ("(", "（") and _RATE.match(text, behind) is not None


def _only_bold(text: str, start: int, end: int, numbers: list[Number]) -> Number | None:
    """The number in the payload's only bold words, where it has such."""
    bolds = [found.span(1) for found in _BOLD.finditer(text, start, end)] if "**" in text[start:end] else []
    if len(bolds) != 1:
        return None
    inside = [number for number in numbers if bolds[0][0] <= number.span[0] and number.span[1] <= bolds[0][1]]
    return inside[0] if len(inside) == 1 else None
