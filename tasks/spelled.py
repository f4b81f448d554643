"""Reads numbers written in words, 0 to 100 (eighteen, achtzehn, восемнадцать), for payloads without any digit."""

import json
import re
from decimal import Decimal
from functools import cache
from pathlib import Path

from tasks.folding import fold_word
from tasks.numbers import Number

# language code → the words of 0, 1, … 100, spellings of one number separated by |.
_CARDINALS = Path(__file__).parent / "data" / "cardinals.json"


@cache
def _tables() -> dict[str, list[str]]:
    return json.loads(_CARDINALS.read_text(encoding="utf-8"))


@cache
def _words(lang: str) -> tuple[re.Pattern[str], dict[str, int]] | None:
    rows = _tables().get(lang.replace("_", "-").split("-")[0])
    if rows is None:
        return None
    values = {fold_word(word).lower(): value for value, row in enumerate(rows) for word in row.split("|")}
    longest_first = sorted(values, key=len, reverse=True)
    pattern = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first)
    # Thai and Korean write on without a space (สิบแปดบาท, 열여덟개); a combining mark never ends a word.
    ends = (
        r"(?![\u0900-\u0963\u0966-\u0dff])"
        if lang[:2] in ("th", "ko")
        else r"(?![^\W\d_]|[\u0900-\u0963\u0966-\u0dff])"
    )
    return re.compile(rf"(?<![^\W\d_])(?:{pattern}){ends}"), values


def spelled_number(text: str, lang: str, start: int, end: int) -> Number | None:
    """The one number that text[start:end] spells out; None where it spells none, or several different ones."""
    for code in dict.fromkeys((lang, "en")):
        words = _words(code)
        if words is None:
            continue
        # Lower-casing can change the length (İ); then the words are looked for as they stand.
        lowered = text[start:end].lower()
        region = lowered if len(lowered) == end - start else text[start:end]
        found = [(match.span(), words[1][re.sub(r"\s+", " ", match[0])]) for match in words[0].finditer(region)]
        if found and len({value for _, value in found}) == 1:
            (a, b), value = found[0]
            return Number(Decimal(value), span=(start + a, start + b), spelled=True)
    return None
