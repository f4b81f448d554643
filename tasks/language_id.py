"""Which language a line is in, told against the one it should be in: script first, letters next, py3langid last."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

from tasks.languages import LANGUAGES
from tasks.lexicon import distinctive
from tasks.scripts import PARTS, letter_scripts, normalize_text, script_counts

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = [
    "canonical",
    "english_probability",
    "line_language",
    "normalize_text",
    "scripts_of",
    "sentence_language",
    "supported",
]

UNDETERMINED = "und"
MIN_UNITS = 5
MIN_CONFIDENCE = 0.5
_NOT_OWN = 0.02  # below this the wanted language is out, whichever it is instead
_SAMPLE = 100
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’]*")
_MIN_LOWER = 3
_LOWER = regex.compile(r"\b\p{Ll}\p{L}+")
_ALIASES = {"fil": "tl", "nb": "no", "nn": "no", "iw": "he", "in": "id", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant"}

# Languages of one letter are told apart by letters or little words where these are certain (the fast way), by
# py3langid where they are not.
_SIGNS = {
    "Cyrl": {"ru": "[ыэё]", "uk": "[іїєґ]", "other": "[ўјљњћђџѓќѕәқңғүұһө]"},
    "Arab": {"fa": "[پچژگکی]", "ur": "[ٹڈڑںےہھۓ]", "other": "[ټځڅډړږښڼېۍەێۆڕڵۇۈۋڭڄڃ]"},
    "Beng": {"bn": "র", "other": "[ৰৱ]"},
    "Deva": {
        "hi": r"\b(?:है|हैं|में|के|की|का|और|से|को|ने|पर|यह|था|थे)\b",
        "mr": r"ळ|\b(?:आहे|आहेत|आणि|होते|होता|होती|मध्ये|नाही|त्या|हे)\b|च्या\b",
        "other": r"\b(?:छ|छन्|हुन्छ|गर्न|गरेको|एवं|अस्ति|भवति)\b",
    },
}
_COMPILED = {
    # Without a word boundary to find, `re` is several times faster than `regex`.
    script: {lang: (regex if "\\b" in sign else re).compile(sign) for lang, sign in signs.items()}
    for script, signs in _SIGNS.items()
}
_CANDIDATES = {
    "Cyrl": ("ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn", "tg", "tt"),
    "Arab": ("ar", "fa", "ur", "ps", "ug", "ku", "sdh"),
    "Deva": ("hi", "mr", "ne", "sa"),
    "Beng": ("bn", "as"),
}
_SOLE = {"Kore": "ko", "Hang": "ko", "Hira": "ja", "Kana": "ja"} | {
    item.scripts[0]: code
    for code, item in LANGUAGES.items()
    if item.scripts[0] not in (*_CANDIDATES, "Latn", "Hans", "Hant", "Jpan")
}
_LATIN = tuple(code for code, item in LANGUAGES.items() if item.scripts == ("Latn",) and code != "su")
# Pairs that no free identifier separates: a line in the one is never held against the other.
_SAME = {
    "id": frozenset(("ms",)), "ms": frozenset(("id",)), "no": frozenset(("da",)), "da": frozenset(("no",)),
    "es": frozenset(("ca",)),
}  # fmt: skip
# Languages of Java: py3langid does not know Sundanese and calls it one of its neighbours, so little words decide.
_NEIGHBOURS = ("id", "jv", "su")
# Words of modern Chinese that Japanese does not write, and that stand in nearly every sentence.
_CHINESE = regex.compile(r"[你们們这這您很它她把给给吗嗎呢吧啊哪怎么麼没沒还還让讓吃]|[的是了](?=[\p{Han}])")
_HAN = regex.compile(r"\p{Han}")
_LETTERS_A_UNIT = {
    "Hani": 1.7,
    "Hira": 1.7,
    "Kana": 1.7,
    "Thai": 4.0,
    "Laoo": 4.0,
    "Khmr": 4.0,
    "Mymr": 4.0,
    "Tibt": 4.0,
}
_CJK = ("Hani", "Hira", "Kana")


def canonical(lang: str) -> str | None:
    """The code in `tasks.languages` that a BCP 47 tag means ("pt-BR" → "pt"), None when there is none."""
    if lang in LANGUAGES:
        return lang
    tag = lang.replace("_", "-").lower()
    if tag.startswith("zh-hant"):
        return "zh-Hant"
    code = _ALIASES.get(tag) or _ALIASES.get(tag.split("-")[0], tag.split("-")[0])
    return code if code in LANGUAGES else None


def supported(lang: str) -> bool:
    """Whether the language of a line can be told from this one. What is not supported must be reported as such."""
    return canonical(lang) is not None


@lru_cache(maxsize=128)
def scripts_of(lang: str) -> frozenset[str]:
    """The scripts whose letters a language is written in, ISO 15924, taken apart (Jpan → Hani, Hira, Kana)."""
    scripts = LANGUAGES[lang].scripts
    return frozenset(part for script in scripts for part in PARTS.get(script, (script,)))


def _too_short(line: str, counts: dict[str, int]) -> bool:
    """Under five words: whitespace words, or letters by mean word length in scripts without spaces."""
    if sum(counts.values()) >= 16 * MIN_UNITS:
        return False
    unspaced = {script: n for script, n in counts.items() if script in _LETTERS_A_UNIT}
    if not unspaced:
        return len(_WORD.findall(line)) < MIN_UNITS
    letters = sum(counts.values()) - sum(unspaced.values())
    return letters / 5 + sum(n / _LETTERS_A_UNIT[script] for script, n in unspaced.items()) < MIN_UNITS


def line_language(line: str, lang: str, counts: dict[str, int] | None = None) -> str | None:
    """The language of a line that should be in `lang`; None when the line is too short or nothing is certain.

    A language that cannot be told from `lang` counts as `lang`. "und" is a language that is not in `tasks.languages`.
    `counts` are the line's letters by script, where the caller has them. `lang` must be canonical.
    """
    counts = script_counts(letter_scripts(line)) if counts is None else counts
    if not counts or _too_short(line, counts):
        return None
    own = scripts_of(lang)
    mass = {script: n * (2 if script in _CJK else 1) for script, n in counts.items()}
    own_mass = sum(n for script, n in mass.items() if script in own)
    others = {script: n for script, n in mass.items() if script not in own and script != "Latn"}
    foreign = max(others, key=others.__getitem__, default="")
    latin = mass.get("Latn", 0)
    if own_mass and own_mass >= others.get(foreign, 0) and ("Latn" in own or own_mass >= latin / 2):
        return _within(lang, line, counts)
    if foreign and others[foreign] >= latin / 2:
        return _of_script(foreign, line, counts)
    return _latin(line, lang)


def _within(lang: str, line: str, counts: dict[str, int]) -> str | None:
    """The language of a line in the script of `lang`."""
    script = LANGUAGES[lang].scripts[0]
    if script == "Latn":
        return _latin(line, lang)
    if script in _CANDIDATES:
        return _by_signs(line, script, lang)
    return _han(line, counts, lang) if script in ("Jpan", "Hans", "Hant") else lang


def _of_script(script: str, line: str, counts: dict[str, int]) -> str | None:
    if script in _CJK:
        return _han(line, counts, "")
    if script in _CANDIDATES:
        return _by_signs(line, script, "")
    return _SOLE.get(script, UNDETERMINED)


def _by_signs(line: str, script: str, lang: str) -> str | None:
    """A language of a shared alphabet: by its own letters where only they occur, else by py3langid."""
    lowered = line.lower()
    seen = {code for code, sign in _COMPILED.get(script, {}).items() if sign.search(lowered)}
    if script == "Arab" and "ur" in seen:
        seen.discard("fa")  # Urdu uses the Persian letters too
    if seen == {lang} or (script == "Arab" and lang == "ar" and not seen):
        return lang
    found, confidence = _identifier(_CANDIDATES[script]).classify(line)
    if found == lang or not lang:
        return found if found in LANGUAGES else UNDETERMINED
    # Within one alphabet the identifier errs more than between alphabets, so ask for more.
    sure = confidence >= 0.8 and (lang not in seen or "other" in seen)
    return (found if found in LANGUAGES else UNDETERMINED) if sure else lang


def _han(line: str, counts: dict[str, int], lang: str) -> str:
    """Japanese by its kana; Simplified or Traditional Chinese by the characters that only the other one has."""
    kana = counts.get("Hira", 0) + counts.get("Kana", 0)
    # Chinese that names a Japanese title has some kana; Japanese has them in every word.
    least = 0.2 if lang in ("zh", "zh-Hant") else 0.05
    if kana > least * (kana + counts.get("Hani", 0)) and not (least > 0.1 and unknown_in_japan(line) >= 2):
        return "ja"
    if lang == "ja" and len(_CHINESE.findall(line)) + unknown_in_japan(line) < 2:
        return "ja"  # a list of names or a heading needs no kana
    simplified, traditional = _variants(line)
    if lang in ("zh", "zh-Hant"):
        ours, theirs = (simplified, traditional) if lang == "zh" else (traditional, simplified)
        return ({"zh": "zh-Hant", "zh-Hant": "zh"}[lang]) if theirs >= 3 and theirs > 2 * ours else lang
    return "zh-Hant" if traditional > simplified else "zh"


def unknown_in_japan(line: str) -> int:
    """How many of its characters Japanese does not write: those that Windows-31J cannot encode."""
    return sum(not _encodes(character, "cp932") for character in _HAN.findall(line))


def _variants(line: str) -> tuple[int, int]:
    """Characters of GB 2312 that Big5 lacks, and the reverse: what only Simplified, only Traditional text has."""
    simplified = traditional = 0
    for character in _HAN.findall(line):
        in_gb, in_big5 = _encodes(character, "gb2312"), _encodes(character, "big5")
        simplified += in_gb and not in_big5
        traditional += in_big5 and not in_gb
    return simplified, traditional


@lru_cache(maxsize=20_000)
def _encodes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _latin(line: str, lang: str) -> str | None:
    if "Latn" in scripts_of(lang) and _speaks_for_itself(line, lang, 2):
        return lang
    if len(_LOWER.findall(line.lower() if line.isupper() else line)) < _MIN_LOWER:
        return None  # a row of names is in no language
    middle = _middle(line)
    ranked = _identifier(_LATIN).rank(middle)
    # A sample settles most lines; only a surprise is worth reading the line to its end.
    if middle != line and not _is_same(ranked[0][0], lang):
        ranked = _identifier(_LATIN).rank(line)
    found, confidence = ranked[0]
    if _is_same(found, lang):
        return _neighbour(line, lang) if lang in _NEIGHBOURS else lang
    own = sum(probability for code, probability in ranked if _is_same(code, lang))
    return found if confidence >= MIN_CONFIDENCE or 0 < own < _NOT_OWN else None


def _is_same(found: str, lang: str) -> bool:
    return found == lang or found in _SAME.get(lang, ()) or (lang == "su" and found in ("id", "ms", "jv"))


def sentence_language(sentence: str, lang: str) -> str | None:
    """`line_language` of a sentence inside a line that is in `lang` as a whole: one word of its own is enough."""
    if "Latn" in scripts_of(lang) and _speaks_for_itself(sentence, lang, 1):
        return lang
    return line_language(sentence, lang)


def _speaks_for_itself(line: str, lang: str, least: int) -> bool:
    words = line.lower().split()
    hits = sum(map(_distinctive(lang).__contains__, words))
    return hits >= least and hits * 12 >= len(words)


@lru_cache(maxsize=64)
def _distinctive(lang: str) -> frozenset[str]:
    same = _SAME.get(lang, frozenset())
    return distinctive(lang, tuple(code for code in (*_LATIN, "su") if code not in same))


def _middle(line: str) -> str:
    """About `_SAMPLE` characters around the middle of a long line, in whole words."""
    if len(line) <= 1.5 * _SAMPLE:
        return line
    start = (len(line) - _SAMPLE) // 2
    return line[start : start + _SAMPLE].partition(" ")[2].rpartition(" ")[0] or line


def _neighbour(line: str, lang: str) -> str:
    """`lang`, unless the words that only one other language of Java has are clearly more than its own."""
    words = line.lower().split()
    hits = {code: sum(map(distinctive(code, _NEIGHBOURS).__contains__, words)) for code in _NEIGHBOURS}
    best = max(hits, key=hits.__getitem__)
    return best if hits[best] >= 3 and hits[best] > 2 * hits[lang] else lang


def english_probability(text: str, lang: str) -> float:
    """py3langid's probability that a run is English rather than `lang` (Sundanese through its neighbours)."""
    pair = ("en", "id", "jv") if lang == "su" else ("en", lang)
    return dict(_identifier(pair).rank(text))["en"]


@lru_cache(maxsize=1)
def _full_identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=256)
def _identifier(languages: tuple[str, ...]) -> "LanguageIdentifier":
    """py3langid restricted to some languages; the model itself (0.9 s, 130 MB) is loaded once a process and shared."""
    import copy

    import numpy as np

    restricted = copy.copy(_full_identifier())
    restricted.set_languages(languages)
    restricted.nb_ptc = np.ascontiguousarray(restricted.nb_ptc)  # rows are gathered: 2x faster than a column view
    return restricted
