"""The check of a data set: every kind of damage in a small set, and what is really wrong with the public ones."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from datasets_cfg.config import DatasetConfig, load_config
from tasks.datacheck import check_counts, check_items
from tasks.load import read_items
from tasks.schema import Item, Kind
from tasks.text_damage import damage, is_nfc, lacks_script, letters
from tests.toy_data import ENTRY
from tests.toy_data import config as toy

DATA = os.environ.get("BABELGATE_DATA_DIR")
EN = "Ann has 3 red apples and buys 12 green ones. How many?"
TH = "แอนมีแอปเปิ้ลแดง 3 ผลและซื้อแอปเปิ้ลเขียวอีก 12 ผล รวมเป็นกี่ผล"
DE = "Anna hat 3 rote Äpfel und kauft 12 grüne dazu. Wie viele sind es?"


def config(kind: Kind = "math", **changes: object) -> DatasetConfig:
    entry = {**ENTRY, "labels": ["A", "B"]}
    return toy(**{"kind": kind, "parallel": "column", "languages": {"en": entry, "th": entry, "de": entry}} | changes)


def item(lang: str, question: str, number: int = 0, **changes: object) -> Item:
    made = Item("toy", "1", lang, str(number), str(number), str(number), "math", question, ("15",))
    return replace(made, **changes)  # type: ignore[arg-type]


def found(
    th: list[Item], en: list[Item] | None = None, kind: Kind = "math", **changes: object
) -> set[tuple[str, str, str, tuple[str, ...]]]:
    english = [item("en", EN, int(one.item_id)) for one in th] if en is None else en
    items = {"en": english, th[0].lang: th} if english else {th[0].lang: th}
    findings = check_items(config(kind, **changes), items)
    return {(f.severity, f.code, f.lang, f.item_ids) for f in findings if f.lang != "en"}


def test_sound_items_have_no_findings() -> None:
    assert found([item("th", TH)]) == set()
    assert found([item("de", DE)]) == set()


# One item that is wrong among four that are not, and what is found.
ONE_WRONG = [
    ({"question": ""}, ("error", "empty", "th", ("4",))),
    ({"gold": ()}, ("error", "gold", "th", ("4",))),
    ({"gold": ("fifteen",)}, ("error", "gold", "th", ("4",))),
    ({"gold": ("16",)}, ("error", "gold", "th", ("4",))),
    ({"question": EN}, ("warning", "untranslated", "th", ("4",))),
    ({"question": "Ann hat 3 rote Äpfel und kauft 12 grüne dazu"}, ("warning", "script", "th", ("4",))),
    ({"question": TH + "\x07"}, ("warning", "control_character", "th", ("4",))),
    ({"question": TH + "\ud83d"}, ("error", "lone_surrogate", "th", ("4",))),
    ({"question": TH + " cafÃ©"}, ("warning", "mojibake", "th", ("4",))),
    ({"question": TH + " cafe\u0301"}, ("info", "not_nfc", "th", ("4",))),
    ({"question": TH.replace("12", "21")}, ("warning", "numbers", "th", ("4",))),
    ({"question": TH.replace("12", "๑๒")}, None),
    ({"question": TH.replace("12", "สิบสอง")}, ("info", "numbers_as_words", "th", ("4",))),
    ({"options": ("x",)}, ("error", "options", "th", ("4",))),
    ({"category": "sport"}, ("warning", "category", "th", ("4",))),
    ({"question": TH + "3"}, ("warning", "duplicate_text", "th", ("4",))),
    ({"parallel_id": "40"}, ("error", "parallel_ids", "th", ("4",))),
    ({"item_id": "3"}, ("error", "duplicate_id", "th", ("3",))),
]


@pytest.mark.parametrize(("changes", "expected"), ONE_WRONG)
def test_one_wrong_item_is_found_and_nothing_else(
    changes: dict[str, object], expected: tuple[str, str, str, tuple[str, ...]] | None
) -> None:
    sound = [item("th", f"{TH}{'ก' * number}", number) for number in range(5)]
    if changes.get("question") == TH + "3":
        changes = {"question": sound[3].question}
    wrong = replace(sound[4], **changes)  # type: ignore[arg-type]
    english = [item("en", f"{EN}{'?' * number}", number) for number in range(5)]
    if changes.get("question") == EN:
        english[4] = replace(english[4], question=EN)
    assert found([*sound[:4], wrong], english) == ({expected} if expected else set())


def test_a_file_in_the_wrong_language_is_an_error() -> None:
    untranslated = [item("th", f"{EN}{'?' * number}", number) for number in range(5)]
    english = [replace(one, lang="en") for one in untranslated]
    assert found(untranslated, english) == {("error", "untranslated", "th", ("0", "1", "2", "3", "4"))}
    damaged = [item("th", TH + "\ufffd" + "ก" * number, number) for number in range(5)]
    assert ("error", "replacement_character", "th", ("0", "1", "2", "3", "4")) in found(damaged)


def test_names_in_options_are_only_noted() -> None:
    names = ("Charles Babbage of London", "Ada Lovelace of London")
    thai = item("th", TH, kind="choice", gold=("A",), labels=("A", "B"), options=names)
    english = replace(thai, lang="en", question=EN)
    assert found([thai], [english], "choice") == {("info", "untranslated", "th", ("0",))}


def test_the_language_of_question_and_answer_is_the_configured_one() -> None:
    thai = item("th", EN, kind="translation", gold=("แอนมีแอปเปิ้ลสามผล",))
    assert found([thai], [], "translation") == {("error", "script", "th", ("0",))}
    assert found([thai], [], "translation", question_language="en") == set()
    english = replace(thai, gold=("Ann has three apples",))
    assert found([english], [], "translation", question_language="en") == {("info", "script", "th", ("0",))}
    assert found([english], [], "translation", question_language="en", answer_language="en") == set()


def test_labels() -> None:
    twins = item("de", DE, kind="choice", gold=("А",), labels=("А", "B"), options=("x", "y"))  # Cyrillic А
    assert ("warning", "label_scripts", "de", ("0",)) in found([twins], [], "choice")
    same = replace(twins, gold=("a",), labels=("a", "A"))
    assert ("error", "labels", "de", ("0",)) in found([same], [], "choice")
    unknown = replace(twins, gold=("C",), labels=("A", "B"))
    assert ("error", "gold", "de", ("0",)) in found([unknown], [], "choice")


def test_balance_of_golds_and_categories() -> None:
    made = [
        item("de", f"{DE}{'!' * n}", n, kind="choice", gold=("A",), labels=("A", "B"), options=("x", "y"), category="c")
        for n in range(40)
    ]
    assert {code for _, code, _, _ in found(made, [], "choice")} == {"gold_balance"}
    even = [replace(one, gold=("AB"[n % 2],), category="d" if n < 3 else "c") for n, one in enumerate(made)]
    assert {code for _, code, _, _ in found(even, [], "choice")} == {"category_balance"}


def test_not_parallel_sets_are_not_compared() -> None:
    thai = [item("th", TH.replace("12", "99"), 7)]
    assert found(thai, [item("en", EN, 1), item("en", EN + "?", 2)], parallel="none") == set()


def test_counts() -> None:
    items = {"en": [item("en", EN)], "th": [item("th", TH)]}
    findings = check_counts(config(counts={"en": 1, "th": 2}, min_items=1), items, None)
    assert [(f.severity, f.code, f.lang) for f in findings] == [("error", "count", "th")]
    findings = check_counts(config(min_items=5), items, None)
    assert {(f.severity, f.code) for f in findings} == {("warning", "few_items")}


def test_errors_come_first_and_messages_name_the_item() -> None:
    findings = check_items(config(), {"en": [item("en", EN)], "th": [item("th", TH + " cafe\u0301", gold=("16",))]})
    assert [f.severity for f in findings] == ["error", "info"]
    assert findings[1].message.startswith("1 item of 1; '0' is not in normal form C in its question")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("sound text, naïve café, „Spaß“ »groß« «CAFÉ»", []),
        ("ça « déjà » – voilà … 5 € ™ Łódź ß» É»", []),
        ("Ñandú, ¿qué? ½ ³ §5 ±3 °C", []),
        ("ไทย ру́сский 中文\n\ttabs", []),
        ("„Ä“ und “Ö” und ‘É’", []),
        ("zwiÄ…zek i ÅŸu", ["mojibake"]),
        ("donâ€™t", ["mojibake"]),
        ("cafÃ©", ["mojibake"]),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", ["mojibake"]),
        ("à¸ªà¸§à¸±à¸ªà¸”à¸µ", ["mojibake"]),
        ("lost \ufffd", ["replacement_character"]),
        ("half \ud83d", ["lone_surrogate"]),
        ("bell \x07", ["control_character"]),
        ("\ufefftext", ["control_character"]),
    ],
)
def test_damage(text: str, codes: list[str]) -> None:
    assert [code for code, _ in damage(text)] == codes


@pytest.mark.parametrize(
    ("text", "lang", "lacks"),
    [
        ("What is this about?", "ru", True),
        ("Что это такое, Google Chrome?", "ru", False),
        ("H2O + CO2", "ru", False),
        ("日本語の文章です、これは長い。", "ja", False),
        ("this is not Japanese", "ja", True),
        ("こんにちは、これはとてもながい", "zh", True),
        ("한국어 문장이 여기에 있습니다", "ko", False),
        ("Это не английский текст", "en", True),
        ("Это не английский текст", "xx", False),
        ("1234567890 1234567890", "th", False),
    ],
)
def test_lacks_script(text: str, lang: str, lacks: bool) -> None:
    assert lacks_script(text, lang) is lacks


def test_normal_form_and_letters() -> None:
    assert is_nfc("café") and not is_nfc("cafe\u0301")
    assert letters("a1 ก้, 中") == 3


# data set, code, language, number of items: looked at one by one when this was written.
PUBLIC = [
    ("msvamp", "duplicate_text", "bn", 3),
    ("msvamp", "duplicate_text", "th", 4),
    ("msvamp", "numbers", "bn", 2),
    ("mgsm", "numbers", "es", 0),
    ("mgsm", "numbers", "te", 2),
    ("belebele", "mojibake", "id", 81),
    ("belebele", "numbers", "my", 2),
    ("global_mmlu_lite", "parallel_ids", "my", 0),
]


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="needs BABELGATE_DATA_DIR")
@pytest.mark.parametrize(("name", "code", "lang", "count"), PUBLIC)
def test_known_findings_of_public_sets(name: str, code: str, lang: str, count: int) -> None:
    assert DATA is not None
    public = load_config(name)
    items = {one: read_items(public, one, Path(DATA)) for one in ("en", lang)}
    findings = check_items(public, items) + check_counts(public, items, Path(DATA))
    assert sum(len(f.item_ids) for f in findings if f.code == code and f.lang == lang) == count
    assert [f for f in findings if f.severity == "error"] == []


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="needs BABELGATE_DATA_DIR")
def test_decimal_commas_of_mgsm_read_as_english_points() -> None:
    """De, es, fr and ru write 3,5 where English writes 3.5: read as their language writes, no number differs by it."""
    assert DATA is not None
    public = load_config("mgsm")
    items = {lang: read_items(public, lang, Path(DATA)) for lang in ("en", "de", "es", "fr", "ru")}
    commas = {lang for lang, found in items.items() if any("1,5" in one.question for one in found)}
    assert commas == {"de", "es", "fr", "ru"}
    numbers = [f for f in check_items(public, items) if f.code == "numbers"]
    assert all(len(f.item_ids) <= 4 for f in numbers)
    assert not any("," in f.message.split(" where ")[0].replace(", ", "") for f in numbers)
