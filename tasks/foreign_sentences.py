"""Finds sentences in another language inside a line that is right as a whole: by words, by letters, by characters."""

from collections.abc import Iterator
from typing import NamedTuple

import regex

from tasks.english_runs import LATIN_STRETCH
from tasks.han import chinese_marks, unknown_in_japan
from tasks.language_id import is_own_throughout, scripts_of, sentence_language, signs_of

_SENTENCE = regex.compile(r"[^.!?:;\s][^.!?:;]*[.!?:;]*")
_CJK_SENTENCE = regex.compile(r"[^。！？!?\s][^。！？!?]*[。！？!?]*")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_WORDS = 8
_SIGNED_WORDS = 4
"""Where letters tell two languages apart, a short sentence is enough."""
_TWO_SENTENCES = 80


class Foreign(NamedTuple):
    """line[start:end] is in `language` ("und": none of ours); `words` is its length in words or characters."""

    start: int
    end: int
    words: int
    language: str


def foreign_sentences(line: str, lang: str) -> Iterator[Foreign]:
    """Sentences in a third language; of a line that is one sentence nothing, for the line is judged whole.

    In Latin letters eight and more words, beside another script stretches of as many; Russian in Ukrainian and the
    reverse by letters that only one of them has; Chinese in Japanese by characters that Japan does not write.
    """
    if lang == "ja":
        yield from _chinese(line)
    if "Cyrl" in scripts_of(lang):
        yield from _signed(line, lang)
    latin = "Latn" in scripts_of(lang)
    if latin and (len(line) < _TWO_SENTENCES or is_own_throughout(line, lang, _WORDS)):
        return
    for found in (_SENTENCE if latin else LATIN_STRETCH).finditer(line):
        words = found.group().split()
        names = sum(not word[:1].islower() for word in words)
        if len(found.group()) == len(line) or len(words) < _WORDS or 2 * names > len(words):
            continue
        language = sentence_language(found.group(), lang)
        # English was sought word by word; what is left of it are titles and names.
        if language not in (None, lang, "en"):
            yield Foreign(*found.span(), len(words), language)


def _signed(line: str, lang: str) -> Iterator[Foreign]:
    """Sentences with two letters of another language and none of `lang`'s own (ы э ё of Russian, і ї є ґ of Ukrainian).

    Bulgarian has no letter of its own against them.
    """
    others = {code: sign for code, sign in signs_of("Cyrl").items() if code not in (lang, "other")}
    if not any(sign.search(line) for sign in others.values()):
        return
    own = signs_of("Cyrl").get(lang)
    for found in _SENTENCE.finditer(line):
        lowered, words = found.group().lower(), len(found.group().split())
        if len(lowered) == len(line) or words < _SIGNED_WORDS or (own and own.search(lowered)):
            continue
        for code, sign in others.items():
            if len(sign.findall(lowered)) > 1:
                yield Foreign(*found.span(), words, code)
                break


def _chinese(line: str) -> Iterator[Foreign]:
    """Sentences without kana in which characters are unknown to Japan, or one is and Chinese little words stand."""
    if not unknown_in_japan(line):
        return
    for found in _CJK_SENTENCE.finditer(line):
        sentence = found.group()
        unknown = unknown_in_japan(sentence)
        if len(sentence) == len(line) or not unknown or _KANA.search(sentence):
            continue
        if unknown + chinese_marks(sentence) >= 3:
            yield Foreign(*found.span(), len(regex.findall(r"\p{Han}", sentence)), "zh")
