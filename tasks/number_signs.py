"""Decides whether the dash or word before a number is its sign: -18, −$18, Rp-5.000, минус 18, ลบ 18, 负18."""

import re

from tasks.digits import GAP
from tasks.number_words import MINUS_ENDINGS, MINUS_WORDS, NOT_A_MINUS_AFTER

REACH = 24
"""How far before a number its sign is looked for, in characters."""
_CODES = (
    "AED BDT BRL CNY EGP EUR GBP HKD IDR INR IRR JPY KES KRW MXN MYR NGN PHP PKR RMB RUB SAR SGD THB TRY TZS USD VND"
)
_CURRENCY = rf"(?:\\?[$€£¥₹฿₩₫₱₺₽₦₪₴₵₭៛৳﷼¢]|[A-Z]{{1,2}}\$|Rp\.?|RM|Rs\.?|[KT][Ss]h\.?|{_CODES.replace(' ', '|')})"
_DASH = re.compile(rf"([-–])([{GAP}]?)(?:{_CURRENCY}[{GAP}]?)?\Z")
_DASH_AFTER_CURRENCY = re.compile(rf"{_CURRENCY}[{GAP}]?[-–]\Z")
_OPENERS = frozenset("=:([{<>≈~|&*_`\"'“«$")
_DECORATION = "*_([{<\"'`“«$:=~≈>"


def sign_length(head: str, whole: bool) -> int | None:
    """How many characters of `head`, the text before a number, its minus sign takes; None where it has none.

    `whole` says that nothing stands before `head`. A dash that joins (20 - 12, 3–5, GPT-4) or lists (a line's bullet)
    is no sign, nor is a word between operands (20 minus 12) or in "at least" (al menos 18).
    """
    if "-" in head or "–" in head:
        if _DASH_AFTER_CURRENCY.search(head):
            return 1
        dash = _DASH.search(head)
        if dash:
            return len(head) - dash.start() if _is_sign(head[: dash.start()], bool(dash[2]), whole) else None
    return _minus_word_length(head)


def _is_sign(before: str, spaced: bool, whole: bool) -> bool:
    rest = before.rstrip()
    if spaced:
        return (rest[-1] in _OPENERS and "\n" not in before[len(rest) :]) if rest else whole and "\n" not in before
    return not before or not _joins(before[-1])


def _joins(char: str) -> bool:
    """Whether a dash after this character joins; in a script without spaces a sign may follow a letter."""
    if not char.isalnum():
        return char in ")]}%" or "\u0900" <= char <= "\u0dff"
    unspaced = "\u0e00" <= char <= "\u0eff" or "\u1000" <= char <= "\u109f" or "\u1780" <= char <= "\u17ff"
    return not (unspaced or "\u3040" <= char <= "\ud7af")


def _minus_word_length(head: str) -> int | None:
    stripped = head.rstrip(GAP)
    if not stripped or stripped.isspace():
        return None
    if stripped.isascii() or not stripped.endswith(MINUS_ENDINGS):
        word = stripped.split()[-1].lstrip(_DECORATION)
        if word.lower() not in MINUS_WORDS or len(stripped) == len(head):
            return None
    else:
        word = next(ending for ending in MINUS_ENDINGS if stripped.endswith(ending))
    before = stripped[: len(stripped) - len(word)].rstrip()
    if before and (before[-1].isdigit() or before[-1] in ")]}" or before.split()[-1].lower() in NOT_A_MINUS_AFTER):
        return None
    return len(head) - len(stripped) + len(word)
