"""Extractive question answering: the official EM/F1 of SQuAD v1.1 and MLQA v1, and scores fit for every script."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

import regex

from tasks.languages import LANGUAGES
from tasks.metrics.registry import Case, Measured, item_metric
from tasks.schema import Kind

TEXT: tuple[Kind, ...] = ("qa", "rag")
WRITTEN: tuple[Kind, ...] = ("qa", "rag", "open")
SQUAD_SIGNATURE = "norm:squad-1.1|refs:max"
MLQA_SIGNATURE = "norm:mlqa-1|refs:max"
CHARS_SIGNATURE = "norm:nfkc-casefold|refs:max"

# `re`, not `regex`, in everything official: the scripts were written with it and their word boundaries are its own.
_SQUAD_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_SQUAD_PUNCTUATION = str.maketrans("", "", string.punctuation)
# MLQA's Arabic pattern removes the two letters of the article wherever they stand, also inside a word.
_MLQA_ARTICLES = {
    "en": _SQUAD_ARTICLES,
    "es": re.compile(r"\b(?:unos|unas|una|un|los|las|el|la)\b"),
    "vi": re.compile(r"\b(?:của|là|cái|chiếc|những)\b"),
    "de": re.compile(r"\b(?:einen|einem|eines|einer|eine|ein|der|die|das|den|dem|des)\b"),
    "ar": re.compile("ال"),
    "hi": None,
    "zh": None,
}
# 1,000 is 1000, but 1.5 is not 15 and -5 is not 5: what stands inside or before a number is kept.
_GROUPING = regex.compile(r"(?<=\p{Nd})[,.](?=\p{Nd}{3}(?!\p{Nd}))")
_PUNCTUATION = regex.compile(r"(?!(?<=\p{Nd})\p{P}(?=\p{Nd}))(?!(?<![^\s\p{P}])-(?=\p{Nd}))[\p{P}\p{Sc}]")
_INVISIBLE = regex.compile(r"[\p{Cf}\p{Cc}--[\s]]+", flags=regex.V1)
# Written with spaces, but particles are glued to the noun: words would never match a bare gold answer.
_GLUED = frozenset({"ko"})
# Answer and references are normalised once for EM and F1, and references once for all models.
_KEPT = 4096


@cache
def _mlqa_punctuation() -> dict[int, None]:
    """ASCII punctuation and every character of a Unicode category P*, as a table for str.translate."""
    table = {code: None for code in range(0x110000) if unicodedata.category(chr(code))[0] == "P"}
    return table | {ord(char): None for char in string.punctuation}


@lru_cache(maxsize=_KEPT)
def squad_normalize(text: str) -> str:
    """SQuAD v1.1 (Rajpurkar et al. 2016): lower case, no ASCII punctuation, no English articles, single spaces."""
    return " ".join(_SQUAD_ARTICLES.sub(" ", text.lower().translate(_SQUAD_PUNCTUATION)).split())


@lru_cache(maxsize=_KEPT)
def mlqa_normalize(text: str, lang: str) -> str:
    """MLQA v1 (Lewis et al. 2020): lower case, no Unicode punctuation, the language's articles, its segmentation.

    Defined for ar de en es hi vi zh; KeyError on any other language.
    """
    articles = _MLQA_ARTICLES[lang]
    text = text.lower().translate(_mlqa_punctuation())
    if articles is not None:
        text = articles.sub(" ", text)
    if lang == "zh":
        text = "".join([f" {char} " if "\u4e00" <= char <= "\u9fa5" else char for char in text])
    return " ".join(text.split())


def _f1(answer: Sequence[str], gold: Sequence[str]) -> float:
    """Harmonic mean of token precision and recall; 0 when nothing is shared, so also for two empty texts."""
    same = sum((Counter(answer) & Counter(gold)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(answer), same / len(gold)
    return (2 * precision * recall) / (precision + recall)


def _best(case: Case, normalize: Callable[[str], str], signature: str, *, f1: bool) -> Measured:
    """EM or F1 against the best of all references, on normalised text split at spaces."""
    if not case.gold:
        return Measured(None, "no reference", signature)
    answer = normalize(case.answer)
    golds = [normalize(gold) for gold in case.gold]
    values = [_f1(answer.split(), gold.split()) for gold in golds] if f1 else [float(answer == g) for g in golds]
    return Measured(max(values), "", signature)


@item_metric("1", TEXT, binary=True)
def em_official(case: Case) -> Measured:
    """Exact match as the SQuAD v1.1 script counts it, which XQuAD and TyDi QA GoldP use in every language."""
    return _best(case, squad_normalize, SQUAD_SIGNATURE, f1=False)


@item_metric("1", TEXT)
def f1_official(case: Case) -> Measured:
    """Token F1 as the SQuAD v1.1 script counts it: tokens are what stands between spaces."""
    return _best(case, squad_normalize, SQUAD_SIGNATURE, f1=True)


def _mlqa(case: Case, *, f1: bool) -> Measured:
    if case.lang not in _MLQA_ARTICLES:
        return Measured(None, f"MLQA v1 is not defined for '{case.lang}'", MLQA_SIGNATURE)
    return _best(case, lambda text: mlqa_normalize(text, case.lang), MLQA_SIGNATURE, f1=f1)


@item_metric("1", TEXT, binary=True)
def em_mlqa(case: Case) -> Measured:
    """Exact match as the MLQA v1 script counts it; None outside its seven languages."""
    return _mlqa(case, f1=False)


@item_metric("1", TEXT)
def f1_mlqa(case: Case) -> Measured:
    """Token F1 as the MLQA v1 script counts it (Chinese by characters); None outside its seven languages."""
    return _mlqa(case, f1=True)


@lru_cache(maxsize=_KEPT)
def _fold(text: str, punctuation: str) -> str:
    """NFKC, case-folded, without invisible characters; punctuation and currency signs replaced; single spaces."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold().replace("\u2212", "-")
    return " ".join(_PUNCTUATION.sub(punctuation, _GROUPING.sub("", text)).split())


def _by_characters(lang: str) -> bool:
    return lang in LANGUAGES and not LANGUAGES[lang].spaced


def _tokens(text: str, lang: str) -> list[str]:
    folded = _fold(text, "")
    return list(folded.replace(" ", "")) if _by_characters(lang) else folded.split()


@item_metric("1", WRITTEN)
def f1_chars(case: Case) -> Measured:
    """F1 over characters where a script has no spaces (th zh ja lo km my), over words elsewhere; best reference."""
    golds = [tokens for tokens in (_tokens(gold, case.lang) for gold in case.gold) if tokens]
    if not golds:
        return Measured(None, "no reference with a letter or digit", CHARS_SIGNATURE)
    answer = _tokens(case.answer, case.lang)
    return Measured(max(_f1(answer, gold) for gold in golds), "", CHARS_SIGNATURE)


def _holds(text: str, gold: str, *, words: bool) -> bool:
    """Whether gold stands in text: as whole words, or anywhere but never inside a longer number."""
    if words:
        return f" {gold} " in f" {text} "
    before = r"(?<!\p{Nd}[.,]?|-)" if gold[0].isdecimal() else ""
    after = r"(?![.,]?\p{Nd})" if gold[-1].isdecimal() else ""
    return regex.search(before + regex.escape(gold) + after, text) is not None


@item_metric("1", WRITTEN, binary=True)
def gold_contained(case: Case) -> Measured:
    """1 where a normalised reference stands inside the extracted answer, for models that answer in sentences."""
    words = not (_by_characters(case.lang) or case.lang in _GLUED)
    seen = False
    # "U.S." equals "US" with punctuation deleted, "Ankara'dır" holds "Ankara" with punctuation as a break.
    for punctuation in ("", " "):
        answer = _fold(case.answer, punctuation)
        golds = [gold for gold in (_fold(gold, punctuation) for gold in case.gold) if gold]
        seen = seen or bool(golds)
        if any(_holds(answer, gold, words=words) for gold in golds):
            return Measured(1.0, "", CHARS_SIGNATURE)
    if not seen:
        return Measured(None, "no reference with a letter or digit", CHARS_SIGNATURE)
    return Measured(0.0, "", CHARS_SIGNATURE)
