"""The alphabets in which options are labelled, and which label of a question a written one means."""

import re
from dataclasses import dataclass
from functools import lru_cache

from tasks.folding import fold_word

# Labels by position. A question's own labels come first; another alphabet counts by position.
ALPHABETS = tuple(
    """ABCDEFGHIJ 1234567890 АБВГДЕЖЗИК ΑΒΓΔΕΖΗΘΙΚ กขคงจฉชซ ກຂຄງຈ កខគឃង ကခဂဃင ㄱㄴㄷㄹㅁ 가나다라마바 アイウエオカ
    甲乙丙丁戊己 أبجده ابجده אבגדהו कखगघङच অআইঈ কখগঘঙচ કખગઘઙ ਕਖਗਘਙ அஆஇஈ கஙசஞ అఆఇఈ కఖగఘఙ ಅಆಇಈ ಕಖಗಘಙ കഖഗഘങ
    अआइई अबसद""".split()  # noqa: SIM905 - read as rows
)
DEFAULT_LABELS = tuple("ABCDE")
# Cyrillic and Greek capitals that look like Latin ones; which letter is meant depends on the question's alphabet.
_LOOKALIKES = dict(zip("АВСЕНІΑΒΕΗΙ", "ABCEHIABEHI", strict=True))
_ENCLOSED_RANGES = (
    "①⑳ ⑴⒇ ⒜⒵ Ⓐⓩ ❶❿ ➀➓ ㉠㉤ ㉮㉳ \U0001f110\U0001f129 \U0001f130\U0001f149 \U0001f150\U0001f169 \U0001f170\U0001f189"
)
ENCLOSED = "[" + "".join(f"{first}-{last}" for first, last in _ENCLOSED_RANGES.split()) + "]"
# What may not touch a label: a letter or digit, a combining mark, an apostrophe with a letter (D'accord).
_SPACED_SIGN = re.compile("[A-ZΑ-ΩА-Я0-9]")
_TURKISH = "[dt][ıiuü]r|[ıiuü](?![a-zıü])"  # B'dir: is B
_LATER = "[A-Za-z0-9À-ɏͰ-ϿЀ-ӿḀ-ỿ\u0300-\u036f]"
_MARKS = "\u0300-\u036f\u0900-\u0963\u0966-\u0dff\u0e30-\u0e4e\u0eb0-\u0ecd\u102b-\u103e\u17b4-\u17d3"
# What may follow a native label without a space: is (Korean, Japanese), number, polite particles.
_SUFFIXES = (
    "(?:입니다|이다|이며|번|예요|이에요|です|だ|である|が正|ครับ|ค่ะ|"
    "(?:と|か|または|もしくは|和|或者?|与|與|及)[アイウエオ甲乙丙丁](?![ァ-ヶー]))"
)


@dataclass(frozen=True, slots=True)
class LabelSet:
    """`meanings` leads from a sign to the labels it may mean; `sign` matches one that stands alone, in any case.

    `first_sign` does not look at what stands before: behind a marker Thai and Japanese write on (คำตอบคือข).
    """

    labels: tuple[str, ...]
    meanings: dict[str, tuple[str, ...]]
    sign: str
    first_sign: str
    numeric: bool

    def means(self, sign: str) -> tuple[str, ...]:
        """The labels that a matched sign may mean: several for a Latin B where the labels are А Б В Г."""
        key = label_key(sign)
        if key in self.meanings:
            return self.meanings[key]
        position = _enclosed_position(sign)
        return (self.labels[position],) if 0 <= position < len(self.labels) else ()


@lru_cache(maxsize=4096)
def label_key(label: str) -> str:
    """A label as it is compared: full-width folded, without brackets and points, upper case."""
    return fold_word(label).strip(" ().[]:*、。").upper()


def _enclosed_position(sign: str) -> int:
    """The position that an enclosed number, letter or syllable means (②, Ⓑ, ㉡); -1 for anything else."""
    for first, last in _ENCLOSED_RANGES.split():
        if first <= sign <= last:
            return (ord(sign) - ord(first)) % 26
    return -1


@lru_cache(maxsize=256)
def label_set(labels: tuple[str, ...]) -> LabelSet:
    """What each sign means among these labels: itself first, then a look-alike, then the same position elsewhere.

    Without labels the letters A to E are assumed; then, and under ① ② ③, a bare digit counts by position.
    """
    enclosed_numbers = all(len(label) == 1 and not label.isdecimal() and label.isnumeric() for label in labels)
    labels = labels or DEFAULT_LABELS
    own = {label_key(label): label for label in labels}
    meanings: dict[str, tuple[str, ...]] = {key: (label,) for key, label in own.items()}
    for foreign, latin in _LOOKALIKES.items():
        if latin in own:
            meanings.setdefault(foreign, (own[latin],))
        elif foreign in own:
            # A Latin letter where the labels are Cyrillic or Greek: what it looks like, or its own position.
            position = ALPHABETS[0].index(latin)
            by_position = labels[position] if position < len(labels) else own[foreign]
            meanings.setdefault(latin, tuple(dict.fromkeys((own[foreign], by_position))))
    for alphabet in ALPHABETS:
        for sign, label in zip(alphabet, labels, strict=False):
            # A bare digit in an answer is mostly a quantity.
            if enclosed_numbers or not sign.isdigit():
                meanings.setdefault(sign, (label,))
    numeric = all(key.isnumeric() for key in own)
    sign, first_sign = (_sign_pattern(meanings, alone=alone) for alone in (True, False))
    return LabelSet(labels, meanings, sign, first_sign, numeric)


def _sign_pattern(meanings: dict[str, tuple[str, ...]], *, alone: bool) -> str:
    spaced = [key for key in meanings if _SPACED_SIGN.match(key)]
    native = [key for key in meanings if not _SPACED_SIGN.match(key)]
    cased = sorted({form for key in spaced for form in (key, key.lower())}, key=len, reverse=True)
    parts = [ENCLOSED]
    if cased:
        parts.append(rf"(?<!{_LATER})(?:{_either(cased)})(?!{_LATER}|['’](?!{_TURKISH}){_LATER})")
    if native:
        before = rf"(?<![^\W\d_])(?<![{_MARKS}])" if alone else ""
        parts.append(rf"{before}(?:{_either(native)})(?:(?={_SUFFIXES})|(?![^\W_]|[{_MARKS}]))")
    return f"(?:{'|'.join(parts)})"


def _either(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def same_position(label: str, other: str) -> bool:
    """Whether two labels of different alphabets stand at the same place: B and ข, 2 and Б."""
    a, b = label_key(label), label_key(other)
    return a == b or any(
        a in one and b in two and one.index(a) == two.index(b) for one in ALPHABETS for two in ALPHABETS
    )
