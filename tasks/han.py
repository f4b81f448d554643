"""Chinese or Japanese, Simplified or Traditional: by kana and by the characters that only one of them writes."""

from functools import lru_cache

import regex

# Modern Chinese words and old forms that stand in nearly every Chinese sentence and that Japanese does not write.
_CHINESE = regex.compile(
    r"[你们們这這您很它她把給给吗嗎呢吧啊哪怎么麼没沒还還让讓吃來會對將從說變學國體實點發經關與當樣應數轉區廣處圖歷於]|"
    r"[的是了](?=\p{Han})"
)
_UNIFIED = tuple(chr(code) for block in (range(0x3400, 0x4DC0), range(0x4E00, 0xA000)) for code in block)
_MIN_VARIANTS = 3


def han_language(line: str, counts: dict[str, int], lang: str) -> str:
    """ja, zh or zh-Hant for a line in Chinese characters and kana that should be in `lang`.

    `counts` are its letters by script. Where `lang` is one of the three, it needs evidence to be another.
    """
    kana = counts.get("Hira", 0) + counts.get("Kana", 0)
    chinese = lang in ("zh", "zh-Hant")
    # Chinese that names a Japanese title has some kana; Japanese has them in every word.
    least = 0.2 if chinese else 0.05
    if kana > least * (kana + counts.get("Hani", 0)) and not (chinese and unknown_in_japan(line) >= 2):
        return "ja"
    if lang == "ja" and chinese_marks(line) + unknown_in_japan(line) < 2:
        return "ja"  # a list of names or a heading needs no kana
    simplified, traditional = _only(line, "gb2312", "big5"), _only(line, "big5", "gb2312")
    if not chinese:
        return "zh-Hant" if traditional > simplified else "zh"
    ours, theirs, other = (simplified, traditional, "zh-Hant") if lang == "zh" else (traditional, simplified, "zh")
    return other if theirs >= _MIN_VARIANTS and theirs > 2 * ours else lang


def chinese_marks(line: str) -> int:
    """How many Chinese words and forms stand in it that Japanese does not write so."""
    return len(_CHINESE.findall(line))


def unknown_in_japan(line: str) -> int:
    """How many of its characters Japanese does not write: those that Windows-31J cannot encode."""
    return sum(map(_missing("cp932").__contains__, line))


def _only(line: str, having: str, lacking: str) -> int:
    """Characters that one encoding has and the other lacks: GB 2312 is Simplified, Big5 is Traditional."""
    return sum(map(_distinguishing(having, lacking).__contains__, line))


@lru_cache(maxsize=4)
def _distinguishing(having: str, lacking: str) -> frozenset[str]:
    return _missing(lacking) - _missing(having)


@lru_cache(maxsize=4)
def _missing(codec: str) -> frozenset[str]:
    return frozenset(character for character in _UNIFIED if not _encodes(character, codec))


def _encodes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
