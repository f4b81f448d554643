"""Renders babel_math: the same numbers in every language's word problems, one JSONL file a language."""

import ast
import hashlib
import json
import string
import sys
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from tasks.languages import NBSP, language

FOLDER = Path(__file__).parents[1] / "datasets_cfg" / "data" / "babel_math"
ALM = "\u061c"
# From CLDR 47, where it differs from the plain way: locales that write their own digits by default, that leave four
# digits ungrouped, and how they write minus and percent (Arabic keeps the sign beside the digits with U+061C).
NATIVE_DIGITS = {"ar", "bn"}
FOUR_DIGITS_UNGROUPED = {"es"}
MINUS = {"ar": ALM + "-"}
PERCENT = {"ar": "{}٪" + ALM} | dict.fromkeys(("de", "es", "fr", "ru"), "{}" + NBSP + "%")


class Template(BaseModel):
    """One word problem: how its numbers are drawn and what follows from them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    operation: str
    slots: tuple[str, ...]
    draw: dict[str, tuple[Decimal, ...]]
    show: dict[str, str] = {}
    answer: str


class Spec(BaseModel):
    """The file spec.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: str
    items: int
    templates: dict[str, Template]


class Problem(BaseModel):
    """One item before it is put into words; `gold` is a plain decimal."""

    model_config = ConfigDict(frozen=True)

    parallel_id: str
    template: str
    operation: str
    slots: dict[str, Decimal]
    gold: str


def evaluate(formula: str, values: Mapping[str, Fraction]) -> Fraction:
    """A formula of + - * / over named numbers and integers, exactly; ValueError for anything else in it."""

    def walk(node: ast.expr) -> Fraction:
        match node:
            case ast.Name(id=name):
                return values[name]
            case ast.Constant(value=int(number)):
                return Fraction(number)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return walk(left) + walk(right)
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                return walk(left) - walk(right)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return walk(left) * walk(right)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return walk(left) / walk(right)
        raise ValueError(f"'{formula}' holds more than numbers, names and + - * /")

    return walk(ast.parse(formula, mode="eval").body)


def exact(value: Fraction) -> Decimal:
    """The number as a decimal of at most two places without trailing zeros; ValueError where it has more places."""
    cents = value * 100
    if cents.denominator != 1:
        raise ValueError(f"{value} needs more than two decimal places")
    number = Decimal(cents.numerator) / 100
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def drawn(key: str, low: Decimal, high: Decimal, step: Decimal = Decimal(1)) -> Decimal:
    """A number of the grid low, low + step … high, chosen by a hash of the key: the same on every Python."""
    choices = int((high - low) / step) + 1
    return low + step * (int.from_bytes(hashlib.sha256(key.encode()).digest()) % choices)


def problem(spec: Spec, index: int, seen: set[tuple[Decimal, ...]]) -> Problem:
    """The item with this index. Numbers that repeat an item, each other or the answer are drawn again."""
    name = list(spec.templates)[index % len(spec.templates)]
    template = spec.templates[name]
    for attempt in range(1000):
        key = f"{spec.seed}/{name}/{index}/{attempt}"
        values = {slot: Fraction(drawn(f"{key}/{slot}", *grid)) for slot, grid in template.draw.items()}
        values |= {slot: evaluate(formula, values) for slot, formula in template.show.items()}
        slots = {slot: exact(values[slot]) for slot in template.slots}
        gold = exact(evaluate(template.answer, {slot: Fraction(value) for slot, value in slots.items()}))
        shown = tuple(slots.values())
        if len({*shown, gold}) == len(shown) + 1 and shown not in seen:
            seen.add(shown)
            return Problem(
                parallel_id=f"bm{index + 1:03d}",
                template=name,
                operation=template.operation,
                slots=slots,
                gold=f"{gold:f}",
            )
    raise ValueError(f"template '{name}' has no numbers left for item {index + 1}")


def problems(spec: Spec) -> list[Problem]:
    """All items, the templates in turn, so that the first few items already show many of them."""
    seen: dict[str, set[tuple[Decimal, ...]]] = {name: set() for name in spec.templates}
    names = list(spec.templates)
    return [problem(spec, index, seen[names[index % len(names)]]) for index in range(spec.items)]


def grouped(digits: str, separator: str, indian: bool) -> str:
    """The digits in groups of three, or of two above the first three where the Indian way is used."""
    head, groups, size = digits, [], 3
    while len(head) > size:
        head, group = head[:-size], head[-size:]
        groups.insert(0, group)
        size = 2 if indian else 3
    return separator.join([head, *groups])


def written(value: Decimal, code: str, *, percent: bool = False) -> str:
    """The number as the language writes it: its digits, separators, grouping, minus and percent sign (CLDR 47)."""
    tongue = language(code)
    whole, _, places = f"{abs(value):f}".partition(".")
    if not (code in FOUR_DIGITS_UNGROUPED and len(whole) == 4):
        whole = grouped(whole, tongue.group, tongue.indian_grouping)
    text = whole + (tongue.decimal + places if places else "")
    if code in NATIVE_DIGITS:
        text = text.translate({ord("0") + digit: ord(tongue.zero) + digit for digit in range(10)})
    sign = MINUS.get(code, "-") if value < 0 else ""
    return sign + (PERCENT.get(code, "{}%").format(text) if percent else text)


def row(item: Problem, wording: Mapping[str, str], code: str) -> str:
    """One line of a language's file."""
    numbers = {slot: written(value, code, percent=slot == "p") for slot, value in item.slots.items()}
    fields = {
        "id": f"{item.parallel_id}-{code}",
        "parallel_id": item.parallel_id,
        "category": item.operation,
        "template": item.template,
        "question": string.Template(wording[item.template]).substitute(numbers),
        "gold": item.gold,
        "slots": {slot: f"{value:f}" for slot, value in item.slots.items()},
    }
    return json.dumps(fields, ensure_ascii=False) + "\n"


def render(folder: Path) -> dict[str, str]:
    """Language code to the text of its JSONL file, from spec.yaml and templates/*.yaml in the folder."""
    spec = Spec.model_validate(yaml.safe_load((folder / "spec.yaml").read_text(encoding="utf-8")))
    items = problems(spec)
    texts: dict[str, str] = {}
    for path in sorted((folder / "templates").glob("*.yaml")):
        wording = yaml.safe_load(path.read_text(encoding="utf-8"))
        texts[path.stem] = "".join(row(item, wording, path.stem) for item in items)
    return texts


def main() -> int:
    for code, text in render(FOLDER).items():
        (FOLDER / f"{code}.jsonl").write_text(text, encoding="utf-8", newline="\n")
        print(f"{code}: {text.count(chr(10))} items")
    return 0


if __name__ == "__main__":
    sys.exit(main())
