"""Which language a line is in, told against the one it should be in: script first, letters next, py3langid last."""

import re
from functools import lru_cache

import regex

from tasks.han import han_language
from tasks.identifiers import middle, ranked
from tasks.languages import LANGUAGES
from tasks.lexicon import distinctive
from tasks.scripts import PARTS, letter_scripts, normalize_text, script_counts

__all__ = ["canonical", "decides_alone", "is_own_throughout", "line_language", "normalize_text", "scripts_of",
    "sentence_language", "signs_of", "supported", "words_of"]  # fmt: skip

UNDETERMINED = "und"
MIN_UNITS = 5
MIN_CONFIDENCE = 0.5
_NOT_OWN = 0.02  # below this the wanted language is out, whichever it is instead
_PLAIN_WORD = re.compile(r"[^\W\d_]+")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’]*")
_MIN_LOWER = 3
_MIN_ROMANISED = 6
_CERTAIN_OF_UKRAINIAN = 60  # characters in which one of its own letters all but surely stands
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


@lru_cache(maxsize=128)
def decides_alone(lang: str) -> bool:
    """Whether no other language of ours is written in its script, so that its letters are proof."""
    return lang in _SOLE.values() and lang != "ja"


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
    found = _latin(line, lang)
    if found is None and "Latn" not in own and len(_LOWER.findall(line)) >= _MIN_ROMANISED:
        return UNDETERMINED  # a romanisation, or a language that is not ours: not the script that was asked for
    return found


def _within(lang: str, line: str, counts: dict[str, int]) -> str | None:
    """The language of a line in the script of `lang`."""
    script = LANGUAGES[lang].scripts[0]
    if script == "Latn":
        return _latin(line, lang)
    if script in _CANDIDATES:
        return _by_signs(line, script, lang)
    return han_language(line, counts, lang) if script in ("Jpan", "Hans", "Hant") else lang


def _of_script(script: str, line: str, counts: dict[str, int]) -> str | None:
    if script in _CJK:
        return han_language(line, counts, "")
    if script in _CANDIDATES:
        return _by_signs(line, script, "")
    return _SOLE.get(script, UNDETERMINED)


def signs_of(script: str) -> dict[str, "regex.Pattern[str] | re.Pattern[str]"]:
    """By language the letters or little words that, of the languages of a script, only it has."""
    return _COMPILED.get(script, {})


def _by_signs(line: str, script: str, lang: str) -> str | None:
    """A language of a shared alphabet: by its own letters where only they occur, else by py3langid."""
    lowered = line.lower()
    seen = {code for code, sign in signs_of(script).items() if sign.search(lowered)}
    if script == "Arab" and "ur" in seen:
        seen.discard("fa")  # Urdu uses the Persian letters too
    if seen == {lang} or (script == "Arab" and lang == "ar" and not seen):
        return lang
    found, confidence = ranked(middle(line), _CANDIDATES[script])[0]
    if found == lang or not lang:
        return found if found in LANGUAGES else UNDETERMINED
    # Within one alphabet the identifier errs more than between alphabets, so ask for more.
    least = MIN_CONFIDENCE if lang == "uk" and lang not in seen and len(line) >= _CERTAIN_OF_UKRAINIAN else 0.8
    sure = confidence >= least and (lang not in seen or "other" in seen)
    return (found if found in LANGUAGES else UNDETERMINED) if sure else lang


def _latin(line: str, lang: str) -> str | None:
    """The language of a line in Latin letters: by its common words, else by py3langid over all such languages."""
    if "Latn" in scripts_of(lang) and _speaks_for_itself(words_of(line), lang, 2):
        return lang
    if len(_LOWER.findall(line.lower() if line.isupper() else line)) < _MIN_LOWER:
        return None  # a row of names is in no language
    sample = middle(line)
    ranks = ranked(sample, _LATIN)
    # A sample settles most lines; only a surprise is worth reading the line to its end.
    if sample != line and not _is_same(ranks[0][0], lang):
        ranks = ranked(line, _LATIN)
    found, confidence = ranks[0]
    if _is_same(found, lang):
        return _neighbour(line, lang) if lang in _NEIGHBOURS else lang
    own = sum(probability for code, probability in ranks if _is_same(code, lang))
    return found if confidence >= MIN_CONFIDENCE or 0 < own < _NOT_OWN else None


def _is_same(found: str, lang: str) -> bool:
    return found == lang or found in _SAME.get(lang, ()) or (lang == "su" and found in ("id", "ms", "jv"))


def sentence_language(sentence: str, lang: str) -> str | None:
    """`line_language` of a sentence inside a line that is in `lang` as a whole: one word of its own is enough."""
    if "Latn" in scripts_of(lang) and _speaks_for_itself(words_of(sentence), lang, 1):
        return lang
    return line_language(sentence, lang)


def is_own_throughout(line: str, lang: str, window: int) -> bool:
    """Whether a line in Latin letters has a word of `lang`'s own in every stretch of `window` words."""
    own, since = _distinctive(lang), 0
    for word in words_of(line):
        since = 0 if word in own else since + 1
        if since >= window:
            return False
    return True


@lru_cache(maxsize=8)
def words_of(line: str) -> list[str]:
    """The words of a line as written, so that a name (Paris) is not taken for a word of the language of its country.

    Kept for a moment, since a line is looked at several times in a row.
    """
    return _PLAIN_WORD.findall(line)


def _speaks_for_itself(words: list[str], lang: str, least: int) -> bool:
    hits = sum(map(_distinctive(lang).__contains__, words))
    return hits >= least and hits * 12 >= len(words)


@lru_cache(maxsize=64)
def _distinctive(lang: str) -> frozenset[str]:
    same = _SAME.get(lang, frozenset())
    return distinctive(lang, tuple(code for code in (*_LATIN, "su") if code not in same))


def _neighbour(line: str, lang: str) -> str:
    """`lang`, unless the words that only one other language of Java has are clearly more than its own."""
    hits = {code: sum(map(distinctive(code, _NEIGHBOURS).__contains__, words_of(line))) for code in _NEIGHBOURS}
    best = max(hits, key=hits.__getitem__)
    return best if hits[best] >= 3 and hits[best] > 2 * hits[lang] else lang
