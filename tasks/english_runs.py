"""English runs inside a line of another language: grown word by word, then held to what real English looks like."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import regex

from tasks.identifiers import english_probability
from tasks.language_id import scripts_of, words_of
from tasks.lexicon import FUNCTION_WORDS, english, englishness, frequencies, speaking_english

MIN_SCORE = 3.0
MIN_WORDS = 3
MIN_PROBABILITY = 0.9
_DROP = 3.0
_NAME = 0.3
_UNKNOWN = -0.5
_NEAR_SCORE, _NEAR_PROBABILITY = 1.5, 0.5

_LATIN_WORD = regex.compile(r"\p{Latin}[\p{Latin}\p{Mn}]*(?:['’-]\p{Latin}+)*")
# Latin words with no letter of another script and no line end between them.
LATIN_STRETCH = regex.compile(r"\p{Latin}(?:[^[\p{L}--\p{Latin}]\n]*\p{Latin})?\p{Mn}*", flags=regex.V1)


class _Word(NamedTuple):
    start: int
    end: int
    text: str
    score: float
    lower: bool


@dataclass(frozen=True, slots=True)
class EnglishRun:
    """A stretch of words that reads as English.

    `score` is the sum of its words' and `probability` py3langid's (None beside another script); `switch` says whether
    every condition is met, `borrowed` counts its words of four letters and more that are English only.
    """

    start: int
    end: int
    score: float
    probability: float | None
    switch: bool
    borrowed: int

    @property
    def near(self) -> bool:
        """Whether it lies so close under the threshold that a judge may be asked."""
        probable = self.probability is None or self.probability >= _NEAR_PROBABILITY
        return not self.switch and self.score >= _NEAR_SCORE and probable


def english_runs(line: str, lang: str) -> list[EnglishRun]:
    """The English runs of one masked line in `lang` (not English), those that just fail included."""
    latin = "Latn" in scripts_of(lang)
    return [_judge(line, words, lang, latin) for words in _grown(line, lang, latin)]


def _grown(line: str, lang: str, latin: bool) -> Iterator[list[_Word]]:
    if latin:
        # Most lines have no word that speaks for English, and need no positions.
        if not speaking_english(lang).isdisjoint(words_of(line)):
            yield from _grow(_latin_words(line, lang))
        return
    for stretch in LATIN_STRETCH.finditer(line):
        yield from _grow(_words_beside_script(line, *stretch.span()))


def _latin_words(line: str, lang: str) -> list[_Word]:
    """Words of a line whose language is in Latin letters, scored by how much likelier they are in English."""
    table = englishness(lang)
    # A short list of ours lacks most words of its language, so an unknown word is likely one of them.
    unknown = _UNKNOWN if len(frequencies(lang)) > 10_000 else 2 * _UNKNOWN
    words = []
    for found in _LATIN_WORD.finditer(line):
        text = found.group()
        key = text.lower().replace("’", "'")
        score = table.get(key)
        if score is None:
            parts = [table.get(part, unknown) for part in key.split("-")] if "-" in key else [unknown]
            score = sum(parts) / len(parts) if key.isascii() else 2 * _UNKNOWN
        capitalised = not text.islower()
        words.append(_Word(*found.span(), text, min(score, _NAME) if capitalised else score, not capitalised))
    return words


def _words_beside_script(line: str, start: int, end: int) -> list[_Word]:
    """Words of a Latin stretch in a line of another script, scored by whether English has them."""
    known = english()
    words = []
    for found in _LATIN_WORD.finditer(line, start, end):
        text = found.group()
        key = text.lower().replace("’", "'")
        is_english = key in known or ("-" in key and all(part in known for part in key.split("-")))
        lower = text.islower()
        score = (2.0 if is_english else _NAME if len(key) > 2 else 0.0) if lower else (_NAME if is_english else 0.0)
        words.append(_Word(*found.span(), text, score, lower))
    return words


def _grow(words: Sequence[_Word]) -> Iterator[list[_Word]]:
    """Maximal runs: from the first word that speaks for English to the maximum of the running sum, given up when the
    sum falls `_DROP` below that or to nothing."""
    first, best, total, highest = None, 0, 0.0, 0.0
    for index, word in enumerate(words):
        if first is None:
            if word.score <= 0:
                continue
            first, best, total, highest = index, index, 0.0, 0.0
        total += word.score
        if total > highest:
            highest, best = total, index
        elif total <= max(0.0, highest - _DROP):
            yield list(words[first : best + 1])
            first = None
    if first is not None:
        yield list(words[first : best + 1])


def _judge(line: str, words: list[_Word], lang: str, latin: bool) -> EnglishRun:
    words = _without_names_around(words)
    score = sum(word.score for word in words)
    start, end = words[0].start, words[-1].end
    probability = None
    fits = len(words) >= MIN_WORDS and _like_english(words)
    if latin and fits and score >= _NEAR_SCORE:
        probability = english_probability(line[start:end], lang)
    switch = fits and score >= MIN_SCORE and (probability is None or probability >= MIN_PROBABILITY)
    return EnglishRun(start, end, score, probability, switch, _count_borrowed(words, lang, latin))


def _without_names_around(words: list[_Word]) -> list[_Word]:
    """A name next to two English words does not make a run of three; a capitalised "The" or "This" does."""
    inner = [i for i, word in enumerate(words) if word.lower or word.text.lower() in FUNCTION_WORDS]
    return words[inner[0] : inner[-1] + 1] if inner else words[:1]


def _like_english(words: list[_Word]) -> bool:
    """Not a name, title or list of terms: two English words in small letters, and more content than names."""
    plain = [word.text.lower() for word in words if word.lower and word.score >= 0.5]
    names = sum(not word.lower for word in words)
    content = sum(word not in FUNCTION_WORDS for word in plain)
    if len(plain) < 2 or (content == 0 and names >= 1):
        return False
    return not (names >= 2 and names >= 2 * content and len(plain) < 5)


def _count_borrowed(words: list[_Word], lang: str, latin: bool) -> int:
    only_english = _only_english(lang, latin)
    return sum(word.lower and len(word.text) >= 4 and word.text in only_english for word in words)


@lru_cache(maxsize=64)
def _only_english(lang: str, latin: bool) -> frozenset[str]:
    """English words that are no words of the language; for a language in Latin letters only what its list lacks."""
    words = english()
    return words - frequencies(lang).keys() if latin else words
