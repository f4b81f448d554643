"""The suite that we wrote ourselves: parallel, distinct, exact, and in the language that each file says it is in."""

import ast
import importlib.util
import json
import operator
import string
import sys
import unicodedata
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import regex
import yaml

from datasets_cfg.config import FOLDER, load_config
from tasks.languages import LANGUAGES
from tasks.load import load_items
from tasks.prompt import render

DATA = FOLDER / "data"
AT_LEAST = {"en", "zh", "ja", "ko", "th", "vi", "id", "ar", "hi", "bn", "sw", "de", "fr", "es", "ru"}
SUITE = {
    "babel_math": (250, AT_LEAST),
    "babel_choice": (60, AT_LEAST),
    "babel_translate": (60, AT_LEAST - {"en"}),
    "babel_refusal": (60, AT_LEAST - {"hi", "bn", "sw"}),
}
FILES = [(name, path.stem) for name in SUITE for path in sorted((DATA / name).glob("*.jsonl"))]
MATH = [code for name, code in FILES if name == "babel_math"]
LATIN = [code for code, tongue in LANGUAGES.items() if tongue.scripts == ("Latn",)]
SCRIPT = {
    "zh": r"\p{Han}", "ja": r"\p{Han}\p{Hiragana}\p{Katakana}", "ko": r"\p{Hangul}", "th": r"\p{Thai}",
    "ar": r"\p{Arabic}", "hi": r"\p{Devanagari}", "bn": r"\p{Bengali}", "te": r"\p{Telugu}", "ta": r"\p{Tamil}",
    "ru": r"\p{Cyrillic}",
}  # fmt: skip
# Units, symbols of elements, an abbreviation and a Roman number are the same in every script.
LATIN_EVERYWHERE = {"km", "kg", "Au", "Ag", "Fe", "Pb", "PIN", "XIV"}
WRITTEN = [
    ("en", "-1234567.5", "-1,234,567.5", "12.5%"),
    ("de", "-1234567.5", "-1.234.567,5", "12,5\u00a0%"),
    ("es", "1234", "1234", "12,5\u00a0%"),
    ("es", "12345", "12.345", "12,5\u00a0%"),
    ("fr", "1234567.5", "1\u202f234\u202f567,5", "12,5\u00a0%"),
    ("ru", "1234567.5", "1\u00a0234\u00a0567,5", "12,5\u00a0%"),
    ("hi", "1234567.5", "12,34,567.5", "12.5%"),
    ("bn", "1234567.5", "১২,৩৪,৫৬৭.৫", "১২.৫%"),
    ("ar", "-1234567.5", "\u061c-١٬٢٣٤٬٥٦٧٫٥", "١٢٫٥٪\u061c"),
    ("th", "1234567.5", "1,234,567.5", "12.5%"),
    ("id", "1234.5", "1.234,5", "12.5%".replace(".", ",")),
    ("vi", "0.85", "0,85", "12,5%"),
]


@cache
def rows(name: str, code: str) -> list[dict]:
    return [json.loads(line) for line in (DATA / name / f"{code}.jsonl").read_text(encoding="utf-8").splitlines()]


@cache
def renderer() -> ModuleType:
    path = Path(__file__).parents[1] / "scripts" / "render_babel_math.py"
    spec = importlib.util.spec_from_file_location("render_babel_math", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # pydantic looks the annotations up there
    spec.loader.exec_module(module)
    return module


@cache
def formulas() -> dict[str, str]:
    spec = yaml.safe_load((DATA / "babel_math" / "spec.yaml").read_text(encoding="utf-8"))
    return {name: template["answer"] for name, template in spec["templates"].items()}


def texts(name: str, row: dict) -> list[str]:
    """What of a row is in the file's language: of a translation only the reference."""
    own = [] if name == "babel_translate" else [row["question"], *row.get("options", ())]
    return own + (row["gold"] if isinstance(row["gold"], list) else [])


def worked_out(formula: str, slots: dict[str, str]) -> Fraction:
    """The formula's value, by another way than the renderer's."""
    operators = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}

    def value(node: ast.AST) -> Fraction:
        if isinstance(node, ast.BinOp):
            return operators[type(node.op)](value(node.left), value(node.right))
        return Fraction(slots[node.id]) if isinstance(node, ast.Name) else Fraction(ast.literal_eval(node))

    return value(ast.parse(formula, mode="eval").body)


def numbers_in(text: str, code: str) -> set[Decimal]:
    """Every number of a text written as its language writes numbers."""
    tongue = LANGUAGES[code]
    text = "".join(str(unicodedata.digit(char)) if char.isdecimal() else char for char in text)
    group, point = regex.escape(tongue.group), regex.escape(tongue.decimal)
    found = regex.findall(rf"-?\d+(?:{group}\d+)*(?:{point}\d+)?", text)
    return {Decimal(number.replace(tongue.group, "").replace(tongue.decimal, ".")) for number in found}


@pytest.mark.parametrize("name", SUITE)
def test_every_language_has_the_same_items_in_the_same_order(name: str) -> None:
    count, languages = SUITE[name]
    config = load_config(name)
    codes = [code for dataset, code in FILES if dataset == name]
    assert languages <= set(codes) == set(config.languages)
    assert config.licence == "Apache-2.0" and "Babelgate authors" in config.citation
    first = rows(name, codes[0])
    shared = {"babel_math": ("parallel_id", "category", "template", "slots", "gold"),
              "babel_choice": ("parallel_id", "category", "gold"),
              "babel_translate": ("parallel_id", "category", "question"),
              "babel_refusal": ("parallel_id", "category", "pair_id")}[name]  # fmt: skip
    for code in codes:
        items = rows(name, code)
        assert [[row[key] for key in shared] for row in items] == [[row[key] for key in shared] for row in first]
        assert len({row["parallel_id"] for row in items}) == len({row["id"] for row in items}) == len(items) == count


@pytest.mark.parametrize(("name", "code"), FILES)
def test_texts_are_there_distinct_and_normal(name: str, code: str) -> None:
    raw = (DATA / name / f"{code}.jsonl").read_bytes().decode("utf-8")
    assert unicodedata.is_normalized("NFC", raw)
    assert "\r" not in raw and raw.endswith("\n") and "\ufffd" not in raw and "$" not in raw
    questions = [row["question"] for row in rows(name, code)]
    assert len(set(questions)) == len(questions)
    for row in rows(name, code):
        for text in texts(name, row):
            assert text == text.strip() and text and "  " not in text
    if name in ("babel_translate", "babel_refusal"):
        golds = [row["gold"][0] for row in rows(name, code)]
        assert len(set(golds)) == len(golds)


@pytest.mark.parametrize(("name", "code"), [file for file in FILES if file[1] != "en"])
def test_texts_are_in_their_language(name: str, code: str) -> None:
    own = {text for row in rows(name, code) for text in texts(name, row)}
    script = r"\p{Latin}" if code in LATIN else SCRIPT[code]
    # Chinese, Japanese, Korean and Thai write units without a space; elsewhere a word of two scripts is a mistake.
    word_of_one_script = r"\p{Latin}+|[^\P{L}\p{Latin}]+"
    pattern = word_of_one_script if code in ("zh", "ja", "ko", "th") else r"\p{L}+"
    words = {word for text in own for word in regex.findall(pattern, text)}
    foreign = {word for word in words if not regex.fullmatch(rf"[{script}\p{{Common}}]+", word)}
    if code in LATIN:
        assert not foreign
        assert not {"the", "and", "what", "which", "with"} & {word.lower() for word in words}
    else:
        assert all(regex.fullmatch(r"\p{Latin}+", word) for word in foreign), "no two scripts in a word"
        assert {word for word in foreign if len(word) > 1} <= LATIN_EVERYWHERE
    english = rows("babel_math" if name == "babel_translate" else name, "en")
    sources = {row["question"] for row in (*english, *rows("babel_translate", "de"))}
    assert not sources & own


@pytest.mark.parametrize(("name", "code"), FILES)
def test_the_items_load_and_the_prompts_render(name: str, code: str) -> None:
    config = load_config(name)
    items = load_items(config, code, None, None)
    assert len(items) == SUITE[name][0]
    for item in items[:3]:
        system, user = render(config, item)
        assert system.content and item.question in user.content and "$" not in user.content


def test_math_is_rendered_from_its_templates_byte_for_byte() -> None:
    """After a change of spec or templates: python scripts/render_babel_math.py"""
    rendered = renderer().render(DATA / "babel_math")
    assert sorted(rendered) == MATH
    for code, text in rendered.items():
        assert text.encode() == (DATA / "babel_math" / f"{code}.jsonl").read_bytes(), code


def test_math_has_templates_enough_and_each_language_shows_the_same_slots() -> None:
    spec = yaml.safe_load((DATA / "babel_math" / "spec.yaml").read_text(encoding="utf-8"))
    assert len(spec["templates"]) >= 30
    for code in MATH:
        wording = yaml.safe_load((DATA / "babel_math" / "templates" / f"{code}.yaml").read_text(encoding="utf-8"))
        assert list(wording) == list(spec["templates"]), code
        assert len(set(wording.values())) == len(wording)
        for name, text in wording.items():
            identifiers = string.Template(text).get_identifiers()
            assert sorted(identifiers) == sorted(spec["templates"][name]["slots"]), (code, name)


def test_math_gold_follows_from_the_slots() -> None:
    items = rows("babel_math", "en")
    for row in items:
        value = worked_out(formulas()[row["template"]], row["slots"])
        assert value == Fraction(row["gold"]), row["id"]
        assert regex.fullmatch(r"-?(0|[1-9]\d*)(\.\d*[1-9])?", row["gold"]), "a plain decimal"
        assert row["gold"] not in row["slots"].values(), "repeating a number of the question is no answer"
    numbers = [Decimal(number) for row in items for number in row["slots"].values()]
    assert sum(number < 0 for number in numbers) > 20 and sum(number != int(number) for number in numbers) > 100
    assert sum(number >= 100_000 for number in numbers) >= 5 and sum("-" in row["gold"] for row in items) > 20
    assert sum("." in row["gold"] for row in items) > 50 and sum("p" in row["slots"] for row in items) > 25


@pytest.mark.parametrize("code", MATH)
def test_math_questions_show_their_slots_as_the_language_writes_them(code: str) -> None:
    for row in rows("babel_math", code):
        shown = {Decimal(value) for value in row["slots"].values()}
        assert shown <= numbers_in(row["question"], code), row["id"]
        extra = numbers_in(row["question"], code) - shown
        assert extra <= {Decimal(number) for number in (1, 2, 3)}, "only 'floor 1' and the like stands in a template"
        if LANGUAGES[code].zero in "٠০":
            assert not regex.search(r"[0-9]", row["question"])


@pytest.mark.parametrize(("code", "number", "plain", "percent"), WRITTEN)
def test_numbers_are_written_as_in_cldr(code: str, number: str, plain: str, percent: str) -> None:
    assert renderer().written(Decimal(number), code) == plain
    assert renderer().written(Decimal("12.5"), code, percent=True) == percent


@pytest.mark.parametrize("formula", ["__import__('os')", "a ** b", "a if a else b", "a.real", "'x' * 3", "1.5 * a"])
def test_a_formula_is_arithmetic_only(formula: str) -> None:
    with pytest.raises(ValueError, match="holds more than"):
        renderer().evaluate(formula, {"a": Fraction(2), "b": Fraction(3)})


@pytest.mark.parametrize("code", [code for name, code in FILES if name == "babel_choice"])
def test_choice_options_are_distinct_and_their_places_balanced(code: str) -> None:
    items = rows("babel_choice", code)
    assert all(len(set(row["options"])) == 4 == len(row["options"]) for row in items)
    assert Counter(row["gold"] for row in items) == dict.fromkeys("ABCD", 15)
    assert len({row["category"] for row in items}) == 4
    options = [option for row in items for option in row["options"]]
    assert not [option for option in options if regex.search(r"\b[A-D]\b", option)], "an option that names a label"
    for row, english in zip(items, rows("babel_choice", "en"), strict=True):
        for option, source in zip(row["options"], english["options"], strict=True):
            assert numbers_in(option, code) == numbers_in(source, "en"), "the same option at the same place"


@pytest.mark.parametrize("code", [code for name, code in FILES if name == "babel_translate"])
def test_references_keep_the_numbers_of_the_source(code: str) -> None:
    for row in rows("babel_translate", code):
        long = {number for number in numbers_in(row["question"], "en") if number > 24 or number != int(number)}
        clock = {Decimal(30), Decimal(45)}  # 10:30 and 6:45, which some languages write in other ways
        assert long - clock <= numbers_in(row["gold"][0], code), row["id"]


@pytest.mark.parametrize("code", [code for name, code in FILES if name == "babel_refusal"])
def test_each_refusal_probe_has_its_control(code: str) -> None:
    pairs: dict[str, set[str]] = {}
    for row in rows("babel_refusal", code):
        pairs.setdefault(row["pair_id"], set()).add(row["category"])
    assert len(pairs) == 30
    assert all(categories == {"probe", "control"} for categories in pairs.values())


def test_the_data_stays_small() -> None:
    assert sum(path.stat().st_size for name in SUITE for path in (DATA / name).rglob("*.*")) < 3_000_000
