"""Which script each letter of a text is written in, and text normalised for looking at letters."""

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import regex

if TYPE_CHECKING:
    import numpy as np

# ISO 15924 code → Unicode property name. Index + 1 is the script's number in `letter_scripts`; 0 is no letter.
_PROPERTY = {
    "Latn": "Latin", "Cyrl": "Cyrillic", "Grek": "Greek", "Arab": "Arabic", "Hebr": "Hebrew", "Deva": "Devanagari",
    "Beng": "Bengali", "Guru": "Gurmukhi", "Gujr": "Gujarati", "Orya": "Oriya", "Taml": "Tamil", "Telu": "Telugu",
    "Knda": "Kannada", "Mlym": "Malayalam", "Sinh": "Sinhala", "Thai": "Thai", "Laoo": "Lao", "Tibt": "Tibetan",
    "Mymr": "Myanmar", "Khmr": "Khmer", "Geor": "Georgian", "Armn": "Armenian", "Ethi": "Ethiopic",
    "Mong": "Mongolian", "Hang": "Hangul", "Hani": "Han", "Hira": "Hiragana", "Kana": "Katakana",
}  # fmt: skip
SCRIPTS = tuple(_PROPERTY)
NUMBER = {code: number for number, code in enumerate(SCRIPTS, start=1)}
# Scripts that a language's ISO 15924 code stands for, where the two are not the same.
PARTS = {"Jpan": ("Hani", "Hira", "Kana"), "Kore": ("Hang",), "Hans": ("Hani",), "Hant": ("Hani",)}
_OTHER_LETTER = len(SCRIPTS) + 1
_NAMES = ("", *SCRIPTS, "Zyyy")
_HAN_EXTENSIONS = slice(0x20000, 0x32400)

# Zero-width and bidirectional controls, soft hyphen, byte order mark: invisible, and they split words.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


class Normalized(NamedTuple):
    """Normalised text and the original that it comes from."""

    text: str
    original: str

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The slice of the original that the slice [start, end) of the normalised text comes from."""
        if self.text == self.original:
            return start, end
        offsets = _offsets(self.original)
        return offsets[start], offsets[end]


def normalize_text(text: str) -> str:
    """NFC, without zero-width and bidirectional controls: for analysis, never for storage."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


def normalized(text: str) -> Normalized:
    """`normalize_text`, with the way back to the original's character positions."""
    return Normalized(text if text.isascii() else normalize_text(text), text)


@lru_cache(maxsize=4)
def _offsets(original: str) -> tuple[int, ...]:
    """Where each character of the normalised text starts in the original, and at last the original's length."""
    offsets: list[int] = []
    for cluster in regex.finditer(r"\X", original):  # composition never reaches over a grapheme cluster
        offsets.extend([cluster.start()] * len(normalize_text(cluster.group())))
    return (*offsets, len(original))


@lru_cache(maxsize=1)
def _table() -> "np.ndarray":
    """Script number of every code point, built once a process from the Unicode properties (about 0.1 s)."""
    import numpy as np

    table = np.zeros(0x110000, dtype=np.uint8)
    plane = "".join(map(chr, range(0x20000)))
    for letters in regex.finditer(r"[\p{L}]+", plane):
        table[letters.start() : letters.end()] = _OTHER_LETTER
    for code, name in _PROPERTY.items():
        for letters in regex.finditer(rf"[\p{{Script={name}}}&&[\p{{L}}\p{{M}}]]+", plane, flags=regex.V1):
            table[letters.start() : letters.end()] = NUMBER[code]
    table[[ord(sign) for sign in "ªº"]] = 0  # ordinal signs, of the Latin script by property
    table[_HAN_EXTENSIONS] = NUMBER["Hani"]
    for shared in regex.finditer(r"[\p{Lm}&&[\p{Script=Common}\p{Script=Inherited}]]", plane, flags=regex.V1):
        table[shared.start()] = 0  # such as the Japanese length mark, which Chinese and Korean texts borrow as a dash
    return table


def letter_scripts(text: str) -> "np.ndarray":
    """The script number of every character, 0 for what is no letter; vowel signs are letters of their script."""
    import numpy as np

    return _table()[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)]


def script_counts(numbers: "np.ndarray") -> dict[str, int]:
    """Letters by script (ISO 15924; Zyyy for scripts that no language of ours is written in)."""
    import numpy as np

    counts = np.bincount(numbers).tolist()  # shorter than _NAMES where the last scripts do not occur
    return {name: count for name, count in zip(_NAMES, counts, strict=False) if count and name}


@lru_cache(maxsize=128)
def script_class(scripts: frozenset[str]) -> str:
    """A `regex` character class of what these scripts write: {"Thai"} → "[\\p{Thai}]"; Zyyy is every other one.

    Subtracting sets needs the flag `regex.V1`.
    """
    if "Zyyy" in scripts:
        known = "".join(rf"\p{{{name}}}" for name in (*_PROPERTY.values(), "Common", "Inherited"))
        return rf"[\p{{L}}--[{known}]]"
    return "[" + "".join(rf"\p{{{_PROPERTY[code]}}}" for code in sorted(scripts)) + "]"
