"""Finds where an answer leaves its language: wrong lines, English runs inside a line, letters of a foreign script.

What has no language is masked, every line is judged, runs of English words are grown by how English each word is and,
where both languages use Latin letters, confirmed by py3langid. Borrowings of one or two words are only counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import regex

from tasks.english_runs import MIN_PROBABILITY, EnglishRun, english_runs
from tasks.foreign_sentences import foreign_sentences
from tasks.han import chinese_marks, unknown_in_japan
from tasks.language_id import UNDETERMINED, canonical, decides_alone, line_language, scripts_of, sentence_language
from tasks.mask import allowed_terms, mask, mask_terms
from tasks.scripts import Normalized, letter_scripts, normalized, script_class, script_counts

if TYPE_CHECKING:
    import numpy as np

SpanKind = Literal["english", "foreign_script", "foreign_sentence", "wrong_line"]
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_GREEK_LETTERS = 7
_ENGLISH_ONLY = "one- and two-word borrowings are counted in other languages than English"


@dataclass(frozen=True, slots=True)
class SwitchSpan:
    """Where an answer is in another language: `text` is its [start, end) as written.

    A foreign_sentence is one in a third language inside a line that is right as a whole. `score` says how sure: for
    english the sum of word scores (3 makes a switch), for foreign_script the letters, else the words. `language` is
    what it is in, where that is known ("und": none of ours).
    """

    start: int
    end: int
    text: str
    kind: SpanKind
    score: float
    language: str = ""


@dataclass(frozen=True, slots=True)
class LanguageReport:
    """How faithful an answer is to its language. None where that cannot be told; `reason` says why.

    `wrong_language`: a line is wholly in another language. `code_switch`: languages are mixed, inside a line or line
    by line. `switched_char_share`: letters inside `spans` over all letters. `intrusions`: English words standing alone
    or in twos, no switch. `near`: runs just under the threshold, for a judge to look at.
    """

    wrong_language: bool | None
    code_switch: bool | None
    spans: tuple[SwitchSpan, ...]
    switched_char_share: float | None
    intrusions: int | None
    reason: str
    near: tuple[SwitchSpan, ...] = ()


_FAITHFUL = LanguageReport(False, False, (), 0.0, 0, "")


class _Line(NamedTuple):
    """One judged line: `language` None if too short to tell; `right` says whether the wanted language is in it."""

    start: int
    end: int
    language: str | None
    right: bool
    spans: list[SwitchSpan]
    near: list[SwitchSpan]
    intrusions: int


def code_switch(text: str, lang: str, allow: frozenset[str] | tuple[str, ...] = ()) -> LanguageReport:
    """The language report of an answer that should be in `lang`.

    `allow` are the prompt and the references: foreign terms that occur there are no switch. An unknown language and a
    text without letters give a report of Nones with the reason.
    """
    code = canonical(lang)
    if code is None:
        return _unmeasured(f"language '{lang}' is not supported: which language an answer is in cannot be told from it")
    normal = normalized(text)
    numbers = letter_scripts(normal.text)
    counts = script_counts(numbers)
    if counts and counts.keys() <= scripts_of(code) and decides_alone(code):
        return _FAITHFUL
    own = script_class(scripts_of(code))
    masked = mask(normal.text, own)
    report = _report(masked, numbers if masked is normal.text else letter_scripts(masked), normal, code)
    if allow and (report.spans or report.near or report.intrusions) and (terms := allowed_terms(allow, own)):
        masked = mask_terms(masked, terms)
        report = _report(masked, letter_scripts(masked), normal, code)
    return report


def _unmeasured(reason: str) -> LanguageReport:
    return LanguageReport(None, None, (), None, None, reason)


def _report(masked: str, numbers: "np.ndarray", normal: Normalized, lang: str) -> LanguageReport:
    letters = _letters(numbers)
    if not letters:
        return _unmeasured("no text left to judge after code, formulas, names and numbers")
    lines = [_judge(masked, numbers, start, end, lang) for start, end in _lines(masked) if numbers[start:end].any()]
    lines = _join_short_lines(masked, lines, lang)
    spans = sorted((span for line in lines for span in line.spans), key=lambda span: span.start)
    wrong = any(span.kind == "wrong_line" for span in spans)
    right = any(line.right for line in lines)
    switched = any(span.kind != "wrong_line" for span in spans) or (wrong and right)
    covered = sum(_letters(numbers[span.start : span.end]) for span in spans)
    told = wrong or right or any(line.language for line in lines)
    reason = "" if told else "too short to tell its language"
    return LanguageReport(
        wrong_language=wrong if told else None,
        code_switch=switched,
        spans=tuple(_original(span, normal) for span in spans),
        switched_char_share=covered / letters,
        intrusions=None if lang == "en" else sum(line.intrusions for line in lines),
        reason=reason or (_ENGLISH_ONLY if lang == "en" else ""),
        near=tuple(_original(span, normal) for line in lines for span in line.near),
    )


def _letters(numbers: "np.ndarray") -> int:
    import numpy as np

    return int(np.count_nonzero(numbers))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every line that is not blank, without the blanks around it."""
    start = 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        if stripped:
            first = start + line.index(stripped)
            yield first, first + len(stripped)
        start += len(line)


def _judge(masked: str, numbers: "np.ndarray", start: int, end: int, lang: str) -> _Line:
    line, counts = masked[start:end], script_counts(numbers[start:end])
    language = line_language(line, lang, counts)
    runs = english_runs(line, lang) if lang != "en" and counts.get("Latn") else []
    spans = [_english(run, line) for run in runs if run.switch] + _foreign_runs(line, counts, lang)
    near = [_english(run, line) for run in runs if run.near]
    if language == lang or "Latn" not in scripts_of(lang):
        sentences = _foreign_sentences(line, lang, [span for span in spans if span.language != "zh"])
        # A Chinese sentence is one span, not one for each run between its commas.
        spans = [span for span in spans if not any(_inside(span, whole) for whole in sentences)] + sentences
    own = sum(counts.get(script, 0) for script in scripts_of(lang))
    right = language == lang or (language is None and own > 0 and "Latn" not in scripts_of(lang))
    if language not in (None, lang):
        right = _is_mixed(line, spans, lang)
        if not right:
            spans, near = [_wrong_line(line, language or "")], []
    elif language is None and not own and counts and "Latn" not in counts:
        spans = [_wrong_line(line, UNDETERMINED)]  # a few letters, but all of them of another alphabet
    whole = any(span.kind == "wrong_line" for span in spans)
    intrusions = 0 if whole else sum(run.borrowed for run in runs if not run.switch)
    return _Line(start, end, language, right, _shifted(spans, start), _shifted(near, start), intrusions)


def _is_mixed(line: str, spans: list[SwitchSpan], lang: str) -> bool:
    """Whether a line that is mostly in another language is in `lang` where the switches are taken out."""
    if not spans:
        return False
    for span in spans:
        line = line[: span.start] + " " * (span.end - span.start) + line[span.end :]
    own = sum(script_counts(letter_scripts(line)).get(script, 0) for script in scripts_of(lang))
    if lang == "ja" and not _KANA.search(line):
        return False  # what is left of a Chinese line are characters that both write
    if "Hani" not in scripts_of(lang):
        weight = 5.0
    elif all(span.kind == "english" for span in spans):
        weight = 12.0  # two characters are a word
    else:
        # Japanese is half written in Chinese characters, so these speak for Chinese only where they prevail.
        weight = 5.0 if lang == "ja" else 0.5
    enough = own * weight >= sum(span.end - span.start for span in spans)
    return enough and ("Latn" not in scripts_of(lang) or sentence_language(line, lang) == lang)


def _wrong_line(line: str, language: str) -> SwitchSpan:
    return _span((0, len(line)), line, "wrong_line", len(line.split()), language)


def _join_short_lines(masked: str, lines: list[_Line], lang: str) -> list[_Line]:
    """Lines too short to tell are judged together: a list of twenty English words is English."""
    short = [line for line in lines if _is_short(line)]
    if len(short) < 2:
        return lines
    language = line_language(" ".join(masked[line.start : line.end] for line in short), lang)
    if language is None:
        return lines
    if language == lang:
        return [line._replace(language=lang, right=True) if _is_short(line) else line for line in lines]
    return [_as_wrong(line, masked, language) if _is_short(line) else line for line in lines]


def _is_short(line: _Line) -> bool:
    return line.language is None and not line.right and not line.spans


def _as_wrong(line: _Line, masked: str, language: str) -> _Line:
    spans = _shifted([_wrong_line(masked[line.start : line.end], language)], line.start)
    return line._replace(language=language, spans=spans, near=[], intrusions=0)


def _english(run: EnglishRun, line: str) -> SwitchSpan:
    # A score that the identifier does not confirm must not look like one above the threshold.
    sure = run.probability is None or run.probability >= MIN_PROBABILITY
    score = run.score if sure else min(run.score, 3.0 * (run.probability or 0.0))
    return _span((run.start, run.end), line, "english", round(score, 3), "en")


def _foreign_runs(line: str, counts: dict[str, int], lang: str) -> list[SwitchSpan]:
    """Two and more letters in a row of a script that is neither the language's nor Latin.

    Of Greek seven: formulas and etymologies have shorter words in every language.

    One span reaches over several words of the script. In Japanese, Chinese is found by characters that Japan lacks.
    """
    spans = []
    for script, count in counts.items():
        least = _GREEK_LETTERS if script == "Grek" else 2
        if count < least or script == "Latn" or script in scripts_of(lang):
            continue
        for words in _words_of(script).finditer(line):
            pieces = regex.findall(script_class(frozenset((script,))) + "+", words.group(), flags=regex.V1)
            if max(map(len, pieces)) >= least and not _in_brackets(line, words.start()):
                spans.append(_span(words.span(), line, "foreign_script", sum(map(len, pieces))))
    if lang == "ja" and counts.get("Hani"):
        runs = (run for run in regex.finditer(r"\p{Han}{2,}", line) if _is_chinese(run.group()))
        spans += [_span(run.span(), line, "foreign_script", len(run.group()), "zh") for run in runs]
    return spans


def _is_chinese(run: str) -> bool:
    """In a Japanese line: two characters that Japan does not write, or one among Chinese little words."""
    unknown = unknown_in_japan(run)
    return unknown > 1 or (unknown == 1 and chinese_marks(run) > 1)


def _inside(span: SwitchSpan, other: SwitchSpan) -> bool:
    return other.start <= span.start and span.end <= other.end


def _foreign_sentences(line: str, lang: str, taken: list[SwitchSpan]) -> list[SwitchSpan]:
    """Those that no span covers yet, English or of another script."""
    return [
        _span((found.start, found.end), line, "foreign_sentence", found.words, found.language)
        for found in foreign_sentences(line, lang)
        if not any(span.start < found.end and found.start < span.end for span in taken)
    ]


def _in_brackets(line: str, position: int) -> bool:
    """Whether a bracket is open there: a word given in its own script is a gloss, whatever stands around it."""
    before = line[:position]
    return sum(map(before.count, "(（[【")) > sum(map(before.count, ")）]】"))


@lru_cache(maxsize=64)
def _words_of(script: str) -> regex.Pattern[str]:
    letter = script_class(frozenset((script,)))
    return regex.compile(rf"{letter}+(?:[^\p{{L}}]+{letter}+)*", flags=regex.V1)


def _span(span: tuple[int, int], line: str, kind: SpanKind, score: float, language: str = "") -> SwitchSpan:
    return SwitchSpan(*span, line[slice(*span)], kind, float(score), language)


def _shifted(spans: list[SwitchSpan], by: int) -> list[SwitchSpan]:
    return [replace(span, start=span.start + by, end=span.end + by) for span in spans]


def _original(span: SwitchSpan, normal: Normalized) -> SwitchSpan:
    start, end = normal.original_span(span.start, span.end)
    return replace(span, start=start, end=end, text=normal.original[start:end])
