"""Evaluates numbers that are not plain digits: Han numerals, vulgar fractions, powers, spelled-out words."""

import re
import unicodedata
from decimal import Context, Decimal

# Exact for every scale, power and finite fraction met in an answer; an infinite fraction is rounded to 50 digits.
EXACT = Context(prec=2000, Emax=10**6, Emin=-(10**6))
_QUOTIENT = Context(prec=50, Emax=10**6, Emin=-(10**6))
MAX_DIGITS = 900
"""A longer number is kept as it is; scales and powers are not applied to it."""
_MAX_POWER = 400

_HAN_DIGITS = {
    char: value
    for value, chars in enumerate(
        ("〇零○", "一壹弌壱", "二两兩贰貳弐", "三叁參参", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
    )
    for char in chars
}
_HAN_SMALL = {"十": 10, "拾": 10, "廿": 20, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_HAN_LARGE = {"万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12}
HAN = "".join((*_HAN_DIGITS, *_HAN_SMALL, *_HAN_LARGE))
HAN_UNITS = "".join((*_HAN_SMALL, *_HAN_LARGE))
# 千克 is a kilogram, 兆赫 a megahertz, 百分之 a percent: no scale.
_PLAIN_UNITS = "".join(unit for unit in HAN_UNITS if unit not in "百千兆")
_UNIT = f"(?:[{_PLAIN_UNITS}]|千(?![克米瓦卡赫帕焦伏])|兆(?![赫瓦比帕])|百(?!分[之の]))"
_DIGIT = f"[{''.join(_HAN_DIGITS)}]"
_ASCII = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
HAN_RUN = re.compile(
    rf"(?:{_ASCII}\s?(?={_UNIT})|(?={_DIGIT}|{_UNIT}))(?:{_DIGIT}|{_UNIT}|(?<=[{HAN_UNITS}]){_ASCII})+(?:[点點]{_DIGIT}+)?"
)
_HAN_TOKEN = re.compile(rf"{_ASCII}|[{HAN}点點]")
# 一 opens words that count nothing: some, together, same, sample, certain, straight, all, at once, once, like.
_HAN_WORD = re.compile("一[些共起样樣般定直切旦致下种種边邊半面方时時度律如]|十分(?![之钟鐘])|万[一が]|千万|百[货貨]")
# What may stand behind a single Han numeral that counts.
_COUNTED = re.compile(
    r"\s*(?:[个個元円圆块塊只隻人名位本天日年月周岁歳小分秒点點台辆輛张張条條件次回枚つ匹頭杯瓶袋箱盒双双套間间层層朵"
    r"米克斤公美英欧歐ド人で]|\W|$)"
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
SUPERSCRIPT = "[⁰²³⁴⁵⁶⁷⁸⁹⁻][⁰¹²³⁴⁵⁶⁷⁸⁹]*"
VULGAR = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞↉"


def divide(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """The quotient, exact where it is finite within 50 digits; None for a denominator of zero."""
    if not denominator:
        return None
    return _QUOTIENT.divide(numerator, denominator)


def power(base: Decimal, exponent: str) -> Decimal | None:
    """base^exponent for a small whole exponent (superscripts or digits); None where it would be huge or undefined."""
    count = int(exponent.translate(_SUPERSCRIPTS)[:6] or "0")
    digits = len(base.as_tuple().digits)
    if abs(count) > _MAX_POWER or digits * abs(count) > MAX_DIGITS or (not base and count < 0):
        return None
    raised = EXACT.power(base, abs(count)) if count else Decimal(1)
    return raised if count >= 0 else _QUOTIENT.divide(Decimal(1), raised)


def vulgar(char: str) -> Decimal:
    """The value of a vulgar fraction character, by its Unicode decomposition (1 U+2044 2)."""
    numerator, _, denominator = unicodedata.normalize("NFKC", char).partition("\u2044")
    return _QUOTIENT.divide(Decimal(numerator), Decimal(denominator))


def counts(text: str, start: int, end: int) -> bool:
    """Whether the Han numerals at start:end count something: 三个 and 十八 do, 一些 and the 一 of 唯一 do not."""
    if _HAN_WORD.match(text, start):
        return False
    if end - start > 1:
        return True
    before = text[start - 1 : start]
    return not ("\u4e00" <= before <= "\u9fff" and before not in "是为為约約共有剩第") and bool(
        _COUNTED.match(text, end)
    )


def han_value(run: str) -> Decimal:
    """The value of a match of HAN_RUN: 三万五千, 3万5千, 1.5億, 二〇二四, 壹佰贰拾, 三点五."""
    tokens = _HAN_TOKEN.findall(run)
    point = next((index for index, token in enumerate(tokens) if token in "点點"), len(tokens))
    fraction = "".join(str(_HAN_DIGITS[token]) for token in tokens[point + 1 :])
    whole = (
        _positional(tokens[:point])
        if all(token in _HAN_DIGITS for token in tokens[:point])
        else _by_units(tokens[:point])
    )
    return EXACT.add(whole, Decimal(f"0.{fraction}")) if fraction else whole


def _positional(digits: list[str]) -> Decimal:
    return Decimal("".join(str(_HAN_DIGITS[digit]) for digit in digits) or "0")


def _by_units(tokens: list[str]) -> Decimal:
    """Sections of four digits: the small units fill one, a large unit (万 億 兆) closes it."""
    total, section, current = Decimal(0), Decimal(0), Decimal(0)
    pending = False
    for token in tokens:
        if token in _HAN_DIGITS:
            current = EXACT.add(EXACT.multiply(current, Decimal(10)), Decimal(_HAN_DIGITS[token]))
            pending = True
        elif token in _HAN_SMALL:
            section = EXACT.add(section, EXACT.multiply(current if pending else Decimal(1), Decimal(_HAN_SMALL[token])))
            current, pending = Decimal(0), False
        elif token in _HAN_LARGE:
            section = EXACT.add(section, current)
            unit = Decimal(_HAN_LARGE[token])
            total = (
                EXACT.multiply(total, unit)
                if not section and total
                else EXACT.add(total, EXACT.multiply(section or Decimal(1), unit))
            )
            section, current, pending = Decimal(0), Decimal(0), False
        else:
            current, pending = Decimal(token.replace(",", "")), True
    return EXACT.add(EXACT.add(total, section), current)
