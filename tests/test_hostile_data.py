"""`babelgate datasets check` on small data sets nobody named: each fault is said in a sentence, sound data has none."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli import main

CONFIG = """
name: stalls
version: "1"
title: Stalls
licence: CC0-1.0
citation: ours
kind: {kind}
parallel: column
source: {{local: {{root: beside, files: "{{file}}.{suffix}", format: {form}}}}}
columns: {columns}
languages:
  en: {{system: Answer., instruction: $question, labels: [A, B, C]}}
  th: {{system: ตอบ, instruction: $question, labels: [ก, ข, ค]}}
  hi: {{system: उत्तर दें, instruction: $question, labels: [A, B, C]}}
  de: {{system: Antworte., instruction: $question, labels: [A, B, C]}}
metrics: [exact_match]
min_items: 1
"""
MATH = "{id: id, parallel_id: id, question: question, gold: gold, category: category}"
CHOICE = MATH.replace("gold: gold", "gold: gold, options: options")
ASKED = {
    "en": ("A stall sells {a} mangoes and {b} melons in a day. How many pieces of fruit is that together?", "{}"),
    "th": ("แผงขายมะม่วง {a} ลูกและแตงโม {b} ลูกในหนึ่งวัน รวมเป็นผลไม้ทั้งหมดกี่ลูก", "{} ลูก"),
    "hi": ("एक दुकान एक दिन में {a} आम और {b} तरबूज बेचती है। कुल मिलाकर कितने फल हुए?", "{} फल"),
    "de": ("Ein Stand verkauft {a} Mangos und {b} Melonen an einem Tag. Wie viele Früchte zusammen?", "{} Stück"),
}
LETTERS = {"en": "ABC", "th": "กขค", "hi": "ABC", "de": "ABC"}
Rows = list[dict[str, object]]
Data = dict[str, Rows]


def sound(kind: str) -> Data:
    """Twenty-four items in four languages, categories and golds in balance."""
    return {lang: [_row(kind, lang, number) for number in range(24)] for lang in ASKED}


def _row(kind: str, lang: str, number: int) -> dict[str, object]:
    a, b = 10 + number, 40 + 2 * number
    question, unit = ASKED[lang]
    row: dict[str, object] = {"id": f"q{number}", "category": ("fruit", "trade")[number % 2]}
    row["question"] = question.format(a=a, b=b)
    row["gold"] = str(a + b)
    if kind == "choice":
        at = number % 3
        row["gold"] = LETTERS[lang][at]
        row["options"] = [unit.format(a + b + 3 * (place - at)) for place in range(3)]
    return row


def write(folder: Path, data: Data, kind: str, form: str = "jsonl", suffix: str = "", *, bom: bool = False) -> Path:
    for lang, rows in data.items():
        content = _content(rows, form)
        content = b"\xef\xbb\xbf" + content if bom else content
        path = folder / f"{lang}.{suffix or form}"
        path.write_bytes(gzip.compress(content) if path.name.endswith(".gz") else content)
    config = folder / "stalls.yaml"
    columns = CHOICE if kind == "choice" else MATH
    config.write_text(CONFIG.format(kind=kind, form=form, suffix=suffix or form, columns=columns))
    return config


def _content(rows: Rows, form: str, delimiter: str = "") -> bytes:
    if form == "parquet":
        import pyarrow
        from pyarrow import parquet

        sink = pyarrow.BufferOutputStream()
        parquet.write_table(pyarrow.Table.from_pylist(rows), sink)
        return sink.getvalue().to_pybytes()
    if form in ("csv", "tsv"):
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter or {"csv": ",", "tsv": "\t"}[form])
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode()
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def check(config: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The exit code and the lines of the findings, errors first."""
    capsys.readouterr()
    code = main(["datasets", "check", str(config)])
    return code, [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]


FORMS = [("jsonl", "", False), ("jsonl", "jsonl.gz", False), ("jsonl", "", True), ("csv", "", False), ("csv", "", True),
         ("csv", "csv.gz", False), ("tsv", "", False), ("parquet", "", False)]  # fmt: skip


@pytest.mark.parametrize(("form", "suffix", "bom"), FORMS)
def test_sound_data_has_no_findings_in_any_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, suffix: str, bom: bool
) -> None:
    assert check(write(tmp_path, sound("math"), "math", form, suffix, bom=bom), capsys) == (0, [])


def test_sound_choices_have_no_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write(tmp_path, sound("choice"), "choice"), capsys) == (0, [])


Damage = Callable[[Data], object]


def each(lang: str, field: str, change: Callable[[str], str], rows: slice = slice(None)) -> Damage:
    """Damage to one field of a language's rows."""

    def damage(data: Data) -> None:
        for row in data[lang][rows]:
            row[field] = change(str(row[field]))

    return damage


def rotated(field: str) -> Damage:
    """A column of one language moved by a row against its others."""

    def damage(data: Data) -> None:
        values = [row[field] for row in data["th"]]
        for row, value in zip(data["th"], [*values[1:], values[0]], strict=True):
            row[field] = value

    return damage


def options_rotated(data: Data) -> None:
    for row in data["hi"]:
        options = row["options"]
        assert isinstance(options, list)
        row["options"] = [*options[1:], options[0]]


def native(text: str) -> str:
    return text.translate({ord("0") + digit: 0x0E50 + digit for digit in range(10)})


def nfd(text: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFD", text)


def mojibake(text: str) -> str:
    return text.encode().decode("latin-1")


def english(data: Data) -> None:
    for row, original in zip(data["de"][:20], data["en"], strict=False):
        row["question"] = original["question"]


def one_category(data: Data) -> None:
    for rows in data.values():
        for row in rows[2:]:
            row["category"] = "fruit"


def always_b(data: Data) -> None:
    for lang, rows in data.items():
        for row in rows:
            row["gold"] = LETTERS[lang][1]


# what is done to the data, kind, exit code, how a finding begins, what its sentence says
HOSTILE: list[tuple[str, Damage, str, int, str, str]] = [
    ("one gold off", each("th", "gold", lambda g: str(int(g) + 1), slice(4, 5)), "math", 1, "error: th: gold",
     "1 golds of 'th' are not those of 'en' (first: 'q4' has 63, not 62)"),
    ("golds moved by a row", rotated("gold"), "math", 1, "error: th: gold", "24 golds of 'th'"),
    ("labels shuffled", rotated("gold"), "choice", 1, "error: th: gold", "(first: 'q0' has ข, not A)"),
    ("options shuffled", options_rotated, "choice", 1, "error: hi: options", "in another order than in English"),
    ("questions moved by a row", rotated("question"), "math", 1, "error: th: numbers", "24 items of 24"),
    ("untranslated file", english, "math", 1, "error: de: untranslated", "20 items of 24; 'q0' has the English"),
    ("an untranslated row", each("th", "question", lambda _: ASKED["en"][0].format(a=12, b=44), slice(2, 3)), "math", 0,
     "warning: th: untranslated", "'q2' has the English question"),
    ("mojibake file", each("hi", "question", mojibake), "math", 1, "error: hi: mojibake", "in the wrong encoding"),
    ("a mojibake row", each("de", "question", mojibake, slice(1)), "math", 0, "warning: de: mojibake", "is 'ü' in the"),
    ("lost letters", each("de", "question", lambda q: q.replace("ü", "\ufffd")), "math", 1,
     "error: de: replacement_character", "U+FFFD"),
    ("NFD", each("de", "question", nfd), "math", 0, "info: de: not_nfc", "24 items of 24"),
    ("an id twice", each("hi", "id", lambda _: "q3", slice(4, 5)), "math", 1, "error: hi: duplicate_id", "'q3' stands"),
    ("a question twice", each("th", "question", lambda _: ASKED["th"][0].format(a=10, b=40), slice(1, 2)), "math", 0,
     "warning: th: duplicate_text", "asks the same as 'q0', but its gold is 53, not 50"),
    ("one category", one_category, "math", 0, "info: th: category_balance", "'fruit' has 23 items"),
    ("another category", each("th", "category", lambda _: "sport", slice(1)), "math", 0, "warning: th: category",
     "is of category 'sport', 'fruit' in English"),
    ("one gold for all", always_b, "choice", 0, "info: hi: gold_balance", "the gold is 'B' in 24 of 24 items (100%"),
    ("rows missing", lambda data: data["th"].__delitem__(slice(7, 9)), "math", 1, "error: th: parallel_ids",
     "'th' lacks 2 of the 24 questions of 'en'"),
    ("another number", each("hi", "question", lambda q: q.replace("15", "51"), slice(5, 6)), "math", 0,
     "warning: hi: numbers", "'q5' has 51 where English has 15"),
    ("another number in native digits", each("th", "question", lambda q: native(q.replace("15", "51")), slice(5, 6)),
     "math", 0, "warning: th: numbers", "'q5' has 51 where English has 15"),
    ("a number in words", each("de", "question", lambda q: q.replace("12", "zwölf"), slice(2, 3)), "math", 0,
     "info: de: numbers_as_words", "'q2' does not write 12 in digits"),
    ("an empty question", each("hi", "question", lambda _: " ", slice(1)), "math", 1, "error: hi: empty", "'q0'"),
    ("an empty gold", each("hi", "gold", lambda _: "", slice(1)), "math", 1, "error: hi: gold", "'q0'"),
    ("a gold in words", each("hi", "gold", lambda _: "पचास", slice(1)), "math", 1, "error: hi: gold", "not a plain"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "kind", "code", "start", "says"), [row[1:] for row in HOSTILE], ids=[r[0] for r in HOSTILE]
)
def test_each_fault_is_found_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Damage, kind: str, code: int, start: str, says: str
) -> None:
    data = sound(kind)
    damage(data)
    ended, findings = check(write(tmp_path, data, kind), capsys)
    assert any(line.startswith(start) and says in line for line in findings), findings
    assert ended == code, findings
    if start.startswith("error"):
        # A fault of one language is laid at no other's door.
        assert {line.split(": ")[1] for line in findings if line.startswith("error")} == {start.split(": ")[1]}


def test_native_digits_are_the_same_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = sound("math")
    each("th", "question", native)(data)
    assert check(write(tmp_path, data, "math"), capsys) == (0, [])


def test_a_wrong_delimiter_names_the_columns_that_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write(tmp_path, sound("math"), "math", "csv")
    (tmp_path / "th.csv").write_bytes(_content(sound("math")["th"], "csv", delimiter=";"))
    assert main(["datasets", "check", str(config)]) != 0
    said = capsys.readouterr().err
    assert "th.csv" in said and "id;category;question;gold" in said, said
