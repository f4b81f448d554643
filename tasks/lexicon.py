"""Word lists: how English a word is when it stands in a text of another language."""

import math
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path

DATA = Path(__file__).parent / "data" / "lexicon"
# wordfreq answers for an unknown language with its nearest, which for Swahili is ENGLISH: ask only for these names.
_WORDFREQ_NAMES = {"tl": "fil", "no": "nb"}
_OWN_FREQUENCY = 1e-3  # a word of one of our lists: they hold only common words
_FLOOR = 1e-7
_CLIP = 2.5
_LEAST = 1e-6
# How many of the commonest words may be distinctive, and how much rarer they must be elsewhere. English words turn up
# in texts of every language; Javanese and Sundanese share all of Indonesian's but the little ones.
_RANKS = {"en": (1000, 5.0), "id": (300, 20.0), "ms": (300, 20.0)}
_ALL_RANKS = (2500, 5.0)
_NEIGHBOURS = ("es", "fr", "de", "it", "pt", "nl")


def word_list(name: str) -> frozenset[str]:
    """The words of a file of tasks/data/lexicon."""
    return frozenset((DATA / f"{name}.txt").read_text(encoding="utf-8").split())


FUNCTION_WORDS = word_list("en_function_words")
_UNITS = word_list("units")


@lru_cache(maxsize=128)
def frequencies(lang: str) -> Mapping[str, float]:
    """Word → relative frequency in a language, from wordfreq or, where it has none, our own list; empty if neither."""
    from wordfreq import available_languages, get_frequency_dict

    name = _WORDFREQ_NAMES.get(lang, lang)
    if name in available_languages("small"):
        return get_frequency_dict(name, wordlist="small")
    return dict.fromkeys(_own_words(lang), _OWN_FREQUENCY)


def _own_words(lang: str) -> list[str]:
    path = DATA / f"{lang}.txt"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


@lru_cache(maxsize=1)
def english() -> frozenset[str]:
    """Lower-case words that are used in English at least once in a million words.

    Not in it are units, single letters, and what wordfreq saw in English texts but is another language's ("de", "van"):
    ten times commoner there.
    """
    neighbours = [frequencies(lang) for lang in _NEIGHBOURS]
    return frozenset(
        word
        for word, frequency in frequencies("en").items()
        if frequency >= _LEAST
        and (len(word) > 1 or word in "ai")
        and word not in _UNITS
        and all(other.get(word, 0.0) < 10 * frequency for other in neighbours)
    )


@lru_cache(maxsize=64)
def englishness(lang: str) -> Mapping[str, float]:
    """Word → log10 of its frequency in English over that in `lang`, within ±2.5: what speaks for English is positive.

    Only for a language in Latin letters. Words of neither language are not in it.
    """
    ours, theirs = frequencies(lang), frequencies("en")
    return {
        word: max(-_CLIP, min(_CLIP, math.log10((theirs.get(word, 0) + _FLOOR) / (ours.get(word, 0) + _FLOOR))))
        for word in ours.keys() | theirs.keys()
    }


@lru_cache(maxsize=64)
def _common(lang: str) -> Mapping[str, float]:
    """The 3,000 commonest words of a language."""
    return dict(islice(frequencies(lang).items(), 3000))


@lru_cache(maxsize=64)
def distinctive(lang: str, languages: tuple[str, ...]) -> frozenset[str]:
    """Common words of `lang` that are several times rarer in each other one of `languages`.

    Two of them in a line settle its language without an identifier.
    """
    others = [_common(other) for other in languages if other != lang]
    ranks, ratio = _RANKS.get(lang, _ALL_RANKS)
    return frozenset(
        word
        for word, frequency in islice(_common(lang).items(), ranks)
        if len(word) > 1 and all(other.get(word, 0.0) * ratio < frequency for other in others)
    )


@lru_cache(maxsize=64)
def speaking_english(lang: str) -> frozenset[str]:
    """The words whose `englishness` in a text in `lang` is half a point and more: without one there is no switch."""
    return frozenset(word for word, score in englishness(lang).items() if score >= 0.5)
