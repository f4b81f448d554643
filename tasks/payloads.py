"""Finds where a text announces its answer, best place first: marker line, box, ####, sentence, bold, last line."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tasks.answer_words import copula_pattern, marker_pattern, starts_alone, writes_directly

LONGEST = 2000
"""A payload is read up to this many characters."""
_MOST = 200  # boxes, bold words and lines that are tried, from the last one
_TRIED = 4  # announcements inside sentences that are tried, from the last one
_SHORT = 16  # characters between two markers of one line that both announce something, as in "ANSWER: 18 ANSWER: 20"
_DECORATION = r"(?:[ \t*_`~\"'“”„«»」』】》）)\]>]|\((?:[^()\n]{0,40})\)|\\[(\[])*"
_COLON = re.compile(rf"{_DECORATION}(?::-(?=\s)|:=?|=|ঃ|ः|→|⇒)(?:[ \t*_`~\"'“”„«»「『【>]|\\[(\[])*")
_LATER_COLON = re.compile(r"[^\n:.!?。！？।\d\\]{1,30}:[ \t*_]*")
_DASH = re.compile(r"[ \t*_]*[—–-][ \t]+[*_]*")
_DIRECT = re.compile(r"[^\n:.!?。！？।\d\\=]{0,20}?(?=[-−–]?\W{0,3}\d)")
_BLANK = re.compile(r"[\s*_`$~\\\[\](){}\"'“”<>#-]*\Z")
_LEAD_WORDS = re.compile(r"[^\d\n.!?。！？।:]{0,32}\Z")
_BOX = re.compile(r"\\f?boxed\s*\{")
_HASH = re.compile(r"####[ \t]*([^\n#]+)")
_TAG = re.compile(r"<(answer|final_answer|final)>(.{0,2000}?)</\1>", re.DOTALL | re.IGNORECASE)
_BOLD = re.compile(r"\*\*([^*\n]{1,300})\*\*|__([^_\n]{1,300})__|<(b|strong)>(.{1,300}?)</\3>", re.IGNORECASE)
_ONLY_A_NUMBER = re.compile(r"[\s$€£¥₹฿≈=~-]*[0-9][0-9.,' \u00a0\u202f]*[\s%$€£¥₹฿.]*")
_NOT_AN_ANNOUNCEMENT = re.compile(r"(?:\bto|\bcan'?t|\bcannot|\bplease|\bwe|\bI)\s\Z", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?=\s+\S)|[。！？।॥။។۔](?=\s*\S)")
_RESULT = re.compile(
    r"^[^\w\n]*(?:(?:final |end )?(?:result|total|solution)|(?:End)?Ergebnis|Lösung|Result(?:at|ado)|Résultat"
    r"|Solu(?:ción|ção)|Risultato|Итого|Итог|Результат|Hasil(?: akhir)?|Kết quả|结果|結果|解|合计|合計|결과|ผลลัพธ์"
    r"|النتيجة|परिणाम|ফলাফল|Sonuç|Wynik|Matokeo)[ \t*_]*[:=]",
    re.IGNORECASE | re.MULTILINE,
)
# A base model goes on with an exam of its own: what stands behind its next question answers that one.
_NEXT_QUESTION = re.compile(
    r"^[ \t*_#>]*(?:Q|Question|Problem|Frage|Pregunta|Pergunta|Domanda|Вопрос|Задача|Питання|Swali|Soru|Pertanyaan"
    r"|Soal(?:an)?|Câu hỏi|Tanong|问题|問題|질문|문제|คำถาม|โจทย์|प्रश्न|প্রশ্ন|ప్రశ్న"
    r"|السؤال|سؤال|سوال|שאלה)[ \t*_]*\d*[ \t*_]*:",
    re.MULTILINE,
)


class Payload(NamedTuple):
    """text[start:end] is where a method says the answer stands; `strict` where the answer was announced in form.

    `rival` is a second announcement on the same line: if it says something else, the answer is ambiguous.
    """

    method: str
    start: int
    end: int
    strict: bool
    rival: tuple[int, int] | None = None


class _Hit(NamedTuple):
    """A marker at `at` and where what it announces starts; `line` where it opens its line and a colon follows."""

    at: int
    start: int
    method: str
    line: bool = False


def boxes(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The insides of the last \\boxed{…} with balanced braces, in order; an unclosed one is none."""
    found: list[tuple[int, int]] = []
    for box in list(_BOX.finditer(text, start, len(text) if end is None else end))[-_MOST:]:
        depth, at = 1, box.end()
        for at in range(box.end(), min(len(text), box.end() + LONGEST)):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            if depth == 0:
                found.append((box.end(), at))
                break
    return found


def payloads(text: str, lang: str, markers: tuple[str, ...]) -> Iterator[Payload]:
    """Where to look, in order. A later place counts only if the earlier ones hold nothing readable.

    A marker line that is prose (a whole solution behind "Answer:") gives way to what is announced after it; above a
    marker line that holds nothing readable ("Answer: I do not know") nothing is looked for. Behind an announcement a
    new question ends the answer.
    """
    hits = _hits(text, lang, markers)
    # A question opens a line; an answer in one line has none behind its first announcement.
    if hits and text.find("\n", hits[0].start - 1) >= 0 and (question := _NEXT_QUESTION.search(text, hits[0].start)):
        text = text[: question.start()]
        hits = [hit for hit in hits if hit.start < len(text)]
    lines = [hit for hit in hits if hit.line]
    floor, prose = 0, None
    if lines:
        payload = _line_payload(text, lines[-1], hits)
        if _is_direct(text, payload, hits):
            yield payload
            floor = payload.end
        else:
            end = _line_end(text, payload.start)
            prose = Payload("marker_prose", max(payload.start, end - LONGEST), end, False)
    yield from _forms(text)
    for hit in hits[: -_TRIED - 1 : -1]:
        if not hit.line:
            yield _line_payload(text, hit, hits)
    if prose:
        yield prose
    if results := list(_RESULT.finditer(text, floor)):
        yield Payload("result_line", results[-1].end(), _line_end(text, results[-1].end()), False)
    yield from _unannounced(text, floor)


def _forms(text: str) -> Iterator[Payload]:
    if "boxed" in text and (found := boxes(text)):
        rival = found[-2] if len(found) > 1 and "\n" not in text[found[-2][1] : found[-1][0]] else None
        yield Payload("boxed", *found[-1], True, rival)
    if "</" in text and (tags := list(_TAG.finditer(text))):
        yield Payload("tag", *tags[-1].span(2), True)
    if "####" in text and (hashes := list(_HASH.finditer(text))):
        yield Payload("hash", *hashes[-1].span(1), True)


def _hits(text: str, lang: str, markers: tuple[str, ...]) -> list[_Hit]:
    found: list[_Hit] = []
    for marker in marker_pattern(lang, markers).finditer(text):
        at, end = marker.span()
        if not starts_alone(text, at):
            continue
        if text[at - 1 : at].isspace() and _NOT_AN_ANNOUNCEMENT.search(text, max(0, at - 8), at):
            continue
        hit = _announced(text, lang, at, end)
        if hit is not None:
            found.append(hit)
    return found


def _announced(text: str, lang: str, at: int, end: int) -> _Hit | None:
    """What follows a marker: a colon, a copula, a few words and a colon, a dash, or the answer itself."""
    if colon := _COLON.match(text, end):
        return _by_colon(text, at, colon.end())
    if copula := copula_pattern(lang).match(text, end):
        return _Hit(at, copula.end(), "marker_copula")
    if colon := _LATER_COLON.match(text, end):
        return _by_colon(text, at, colon.end())
    if dash := _DASH.match(text, end):
        return _Hit(at, dash.end(), "marker_copula")
    if text[end : end + 1] in " \t*" and _DIRECT.match(text, end, end + 3):
        return _Hit(at, end, "marker_copula")
    if writes_directly(lang) and (direct := _DIRECT.match(text, end)):
        return _Hit(at, direct.end(), "marker_copula")
    return None


def _by_colon(text: str, at: int, start: int) -> _Hit:
    if _LEAD_WORDS.match(text, text.rfind("\n", 0, at) + 1, at):
        return _Hit(at, start, "marker_line", True)
    return _Hit(at, start, "marker_inline")


def _line_payload(text: str, hit: _Hit, hits: list[_Hit]) -> Payload:
    """From behind the marker to the end of its line, or of the next one that holds something."""
    start, end = hit.start, _line_end(text, hit.start)
    while end < len(text) and _BLANK.match(text, start, end):
        start, end = end + 1, _line_end(text, end + 1)
    if hit.line and len(hits) > 1:
        rival = next((later for later in hits if start < later.at < end), None)
        if rival and rival.at - start <= _SHORT:
            return Payload(hit.method, start, rival.at, True, (rival.start, end))
    return Payload(hit.method, start, min(end, start + LONGEST), True)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _is_direct(text: str, payload: Payload, hits: list[_Hit]) -> bool:
    """One short sentence without another announcement in it, not a whole solution."""
    start, end = payload.start, payload.end
    if end - start > 120 or _SENTENCE_END.search(text, start, end):
        return False
    return payload.rival is not None or len(hits) == 1 or not any(start < hit.at < end for hit in hits)


def _unannounced(text: str, floor: int) -> Iterator[Payload]:
    """The last bold words, then the lines from the last one upwards; nothing above the last announcement."""
    for bold in list(_BOLD.finditer(text, floor))[: -_MOST - 1 : -1]:
        group = next(number for number in (1, 2, 4) if bold[number] is not None)
        if _opens_alone(text, bold, group) or not _is_heading(text, bold, bold.end(group)):
            yield Payload("bold", *bold.span(group), False)
    end, tried = len(text.rstrip()), 0
    while end > floor and tried < _MOST:
        start = max(text.rfind("\n", 0, end) + 1, floor)
        if not _BLANK.match(text, start, end):
            tried += 1
            yield Payload("last_line", max(start, end - LONGEST), end, False)
        end = start - 1


def _opens_alone(text: str, bold: re.Match[str], group: int) -> bool:
    """A number alone in the first line, **18**, with steps below; of numbered headings (**1** … **2** …) none does."""
    before, behind = text[: bold.start()], text[bold.end() : _line_end(text, bold.end())]
    if before.strip() or behind.strip() or not _ONLY_A_NUMBER.fullmatch(bold[group]):
        return False
    others = (other for other in _BOLD.finditer(text, bold.end()) if other[1])
    return not any(_ONLY_A_NUMBER.fullmatch(other[1]) and other[1] != bold[group] for other in others)


def _is_heading(text: str, bold: re.Match[str], inner_end: int) -> bool:
    """**Step 2: revenue**, **Step 2**: …, and bold lines that are followed by more text."""
    start, end = bold.span()
    before = text[text.rfind("\n", 0, start) + 1 : start]
    if before.strip(" \t#>-*0123456789."):
        return False
    alone = not text[end : _line_end(text, end)].strip()
    return text[inner_end - 1] == ":" or text[end : end + 1] == ":" or (alone and bool(text[end:].strip()))
