"""Folds a text for reading (NFC, ASCII digits and full-width forms, no invisible marks), keeping the way back."""

import re
import unicodedata
from typing import NamedTuple

import regex

# The zero of every decimal digit system (general category Nd, Unicode 15); a test compares it with unicodedata.
_ZEROS = (
    "0030 0660 06F0 07C0 0966 09E6 0A66 0AE6 0B66 0BE6 0C66 0CE6 0D66 0DE6 0E50 0ED0 0F20 1040 1090 17E0 1810 1946 "
    "19D0 1A80 1A90 1B50 1BB0 1C40 1C50 A620 A8D0 A900 A9D0 A9F0 AA50 ABF0 FF10 104A0 10D30 11066 110F0 11136 111D0 "
    "112F0 11450 114D0 11650 116C0 11730 118E0 11950 11C50 11D50 11DA0 11F50 16A60 16AC0 16B50 1D7CE 1D7D8 1D7E2 "
    "1D7EC 1D7F6 1E140 1E2F0 1E4F0 1E950 1FBF0"
)
_LOOKALIKES = {
    "\u2212": "-", "\ufe63": "-", "\u2010": "-", "\u2011": "-", "\u2012": "-",  # en and em dashes stay: they join
    "\ufe6a": "%", "\u066a": "%", "\u3000": " ", "\u2236": ":", "\ufe55": ":",
    "\ua789": ":", "\u17d6": ":", "\u1366": ":", "\u2215": "/", "\u2044": "/",  # the colons of Khmer and Ethiopic
}  # fmt: skip


def _table() -> dict[int, str]:
    """One character to one character, so that offsets survive. U+FF0C stays: between digits it mostly ends a clause."""
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code != 0xFF0C}
    table |= {ord(char): to for char, to in _LOOKALIKES.items()}
    for zero in _ZEROS.split():
        table |= {int(zero, 16) + digit: str(digit) for digit in range(10)}
    return {code: to for code, to in table.items() if code > 0x7F}


_FOLD = _table()
# A set within the Basic Multilingual Plane is a bitmap to `re`; with the mathematical digits it is 300 times slower.
_FOLDABLE_CHARS = "".join(chr(code) for code in _FOLD if code <= 0xFFFF) + "\U00010000-\U0010ffff"
_FOLDABLE = re.compile(f"[{_FOLDABLE_CHARS}]")
_HIDDEN_CHARS = "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_HIDDEN = re.compile(f"[{_HIDDEN_CHARS}]")
_TO_CHANGE = re.compile(f"[{_FOLDABLE_CHARS}{_HIDDEN_CHARS}]")
# What NFC can join: a base with its marks, and the Hangul vowels and finals that follow an initial.
_CLUSTER = regex.compile(rf".[\p{{M}}\u1160-\u11ff{_HIDDEN_CHARS}]*", regex.DOTALL)


class Folded(NamedTuple):
    """`text` is what is read; `removed` and `starts` lead its offsets back to the original text."""

    text: str
    length: int
    removed: tuple[int, ...] = ()
    starts: tuple[int, ...] | None = None

    @property
    def same_offsets(self) -> bool:
        """Whether folding moved nothing."""
        return self.starts is None and not self.removed

    def _original(self, offset: int) -> int:
        if self.starts is not None:
            return self.starts[offset] if offset < len(self.starts) else self.length
        for position in self.removed:
            if position > offset:
                break
            offset += 1
        return offset

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original offsets of the folded ones; marks that were removed behind the end stay outside."""
        if self.same_offsets:
            return start, end
        if end <= start:
            return self._original(start), self._original(start)
        last = self._original(end - 1)
        return self._original(start), max(last + 1, self._original(end)) if self.starts is not None else last + 1


def fold(text: str) -> Folded:
    """The folded text with the way back. Never raises, lone surrogates included; linear in the length."""
    if text.isascii():
        return Folded(text, len(text))
    if not unicodedata.is_normalized("NFC", text):
        return _compose(text)
    if not _TO_CHANGE.search(text):
        return Folded(text, len(text))
    removed: tuple[int, ...] = ()
    clean = text
    if _HIDDEN.search(text):
        removed = tuple(found.start() for found in _HIDDEN.finditer(text))
        clean = _HIDDEN.sub("", text)
        if not unicodedata.is_normalized("NFC", clean):
            return _compose(text)
    return Folded(_ascii_digits(clean), len(text), removed)


def _ascii_digits(text: str) -> str:
    return _FOLDABLE.sub(_folded_char, text)


def _folded_char(found: re.Match[str]) -> str:
    char = found[0]
    return _FOLD.get(ord(char), char)


def fold_word(word: str) -> str:
    """A lexicon's word as `fold` would leave it in a text."""
    return fold(word).text


def _compose(text: str) -> Folded:
    pieces: list[str] = []
    starts: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        begin, old = cluster.start(), cluster.group()
        new = old if unicodedata.is_normalized("NFC", old) else unicodedata.normalize("NFC", old)
        if new is old and not _HIDDEN.search(old):
            starts.extend(range(begin, cluster.end()))
        else:
            new = _HIDDEN.sub("", new)
            new = unicodedata.normalize("NFC", new)
            starts.extend([begin] * len(new))
        pieces.append(new)
    return Folded(_ascii_digits("".join(pieces)), len(text), (), tuple(starts))
