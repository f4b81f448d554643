"""py3langid, loaded once a process and restricted to the languages in question."""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

SAMPLE = 100


def ranked(text: str, languages: tuple[str, ...]) -> list[tuple[str, float]]:
    """The languages with their probabilities, the likeliest first."""
    return _identifier(languages).rank(text)


def middle(text: str) -> str:
    """About `SAMPLE` characters around the middle of a long text, in whole words; a short one whole."""
    if len(text) <= 1.5 * SAMPLE:
        return text
    start = (len(text) - SAMPLE) // 2
    return text[start : start + SAMPLE].partition(" ")[2].rpartition(" ")[0] or text


def english_probability(text: str, lang: str) -> float:
    """The probability that a run is English rather than `lang` (Sundanese, unknown to py3langid, by its neighbours)."""
    pair = ("en", "id", "jv") if lang == "su" else ("en", lang)
    return dict(ranked(middle(text), pair))["en"]


@lru_cache(maxsize=1)
def _full() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=256)
def _identifier(languages: tuple[str, ...]) -> "LanguageIdentifier":
    """A view of the model (0.9 s to load, 130 MB) that knows these languages only."""
    import copy

    import numpy as np

    restricted = copy.copy(_full())
    restricted.set_languages(languages)
    # Rows of half floats in a column view are gathered and multiplied several times slower.
    restricted.nb_ptc = np.ascontiguousarray(restricted.nb_ptc, dtype=np.float32)
    return restricted
