"""Finds damage in a text of a data set: lost characters, wrong decoding, control characters, another script."""

import re
import unicodedata

from tasks.languages import LANGUAGES
from tasks.scripts import PARTS, letter_scripts, script_counts

# Runs of characters that the bytes of UTF-8 turn into when they are read as Windows-1252 (or Latin-1).
_HIGH = re.compile(
    r"[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{2,}"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_QUOTES = "\u00ab\u00bb\u2018\u2019\u201a\u201c\u201d\u201e\u2039\u203a"
_SCRIPTS = {part for known in LANGUAGES.values() for script in known.scripts for part in PARTS.get(script, (script,))}
# Fewer letters than this may be a name, a unit or a formula, which say nothing about a text's language.
MIN_LETTERS = 10


def damage(text: str) -> list[tuple[str, str]]:
    """What is broken in a text, as (code, the place in it); empty for a sound one."""
    found: list[tuple[str, str]] = []
    for code, pattern in (("lone_surrogate", _SURROGATE), ("control_character", _CONTROL)):
        if hit := pattern.search(text):
            found.append((code, f"U+{ord(hit.group()):04X} at {hit.start()}"))
    if "\ufffd" in text:
        found.append(("replacement_character", f"U+FFFD at {text.index(chr(0xFFFD))}"))
    for run in _HIGH.finditer(text):
        if meant := _redecoded(run.group()):
            found.append(("mojibake", f"'{run.group()}' at {run.start()} is '{meant}' in the wrong encoding"))
            break
    return found


def is_nfc(text: str) -> bool:
    """Whether the text is in the normal form that everything here compares in."""
    return unicodedata.is_normalized("NFC", text)


def lacks_script(text: str, lang: str) -> bool:
    """Whether a text long enough to tell has no letter of its language's script; an unknown language lacks nothing."""
    known = LANGUAGES.get(lang)
    if known is None:
        return False
    own = {part for script in known.scripts for part in PARTS.get(script, (script,))}
    counts = script_counts(letter_scripts(text))
    return own.isdisjoint(counts) and sum(counts.values()) >= MIN_LETTERS


def letters(text: str) -> int:
    """How many letters a text has, of any script."""
    return sum(character.isalpha() for character in text)


def _redecoded(run: str) -> str:
    """What a run says when its bytes are read as UTF-8; empty where they are none or say nothing likelier."""
    if len(run) == 2 and run[0] not in "ÂÃ" and run[1] in _QUOTES:
        return ""  # an accented letter before a quotation mark
    try:
        meant = b"".join(_byte(character) for character in run).decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return ""
    return meant if all(_is_likely(character) for character in meant) else ""


def _byte(character: str) -> bytes:
    return character.encode("latin-1") if "\x80" <= character <= "\xff" else character.encode("cp1252")


def _is_likely(character: str) -> bool:
    code = ord(character)
    if code <= 0x17F or 0x2010 <= code <= 0x2122:
        return unicodedata.category(character) not in ("Cc", "Cn")
    return set(script_counts(letter_scripts(character))) <= _SCRIPTS and unicodedata.category(character)[0] in "LM"
