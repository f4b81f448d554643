"""Answers in the styles of 45 languages: value and state by table, methods, spans, and every MGSM exemplar."""

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.extract import extract_answer
from tasks.languages import LANGUAGES
from tasks.schema import KINDS

ROWS = [json.loads(line) for line in (Path(__file__).parent / "data" / "answers.jsonl").read_text().splitlines()]
DATA = os.environ.get("BABELGATE_DATA_DIR")
ABCD = ("A", "B", "C", "D")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['kind']} {row['lang']} {row['text'][:24]!r}")
def test_table(row: dict) -> None:
    labels, options = tuple(row.get("labels", ())), tuple(row.get("options", ()))
    found = extract_answer(row["text"], row["kind"], row["lang"], labels, options)
    assert found.state == row["state"]
    if row["state"] == "found":
        assert found.value == row["value"]
        assert found.span is not None and 0 <= found.span[0] < found.span[1] <= len(row["text"])


def test_the_table_is_full() -> None:
    assert len(ROWS) >= 300
    assert len({row["lang"] for row in ROWS}) >= 40


# text, method, strict, the characters that the span covers
FORMS = [
    ("math", "en", "So 9 * 2 = 18.\nANSWER: $18", "marker_line", True, "18"),
    ("math", "en", "ANSWER: 9\nThen it doubles.\nANSWER: 18", "marker_line", True, "18"),
    ("math", "en", "Answer: 18\n\nCheck: \\boxed{20}", "marker_line", True, "18"),
    ("math", "en", "\\boxed{18} is 2 more than 16", "boxed", True, "18"),
    ("math", "en", "16 - 7 = 9\n#### 18", "hash", True, "18"),
    ("math", "en", "<answer>\n18\n</answer>", "tag", True, "18"),
    ("math", "en", "We sum up 16 - 7 and get the answer: 18 dollars", "marker_inline", True, "18"),
    ("math", "en", "16 - 7 = 9, 9 * 2 = 18. The answer is 18.", "marker_copula", True, "18"),
    ("math", "en", "Step-by-Step Answer: She has 16 eggs. She sells 9 for 2 each, so 18.", "marker_prose", False, "18"),
    ("math", "en", "She makes **$18** a day.", "bold", False, "18"),
    ("math", "en", "**Step 3: Sell 9 eggs**\nShe makes 18 dollars", "last_line", False, "18"),
    ("math", "en", "She makes 18 dollars.\nHope this helps!", "last_line", False, "18"),
    ("math", "en", " $18. ", "whole", True, "18"),
    ("math", "en", "Answer: eighteen", "marker_line", False, "eighteen"),
    ("math", "sw", "Jibu: elfu 18 kwa mwezi", "marker_line", True, "elfu 18"),
    ("math", "bn", "উত্তর হল -১৮।", "marker_copula", True, "-১৮"),
    ("math", "ja", "答えは　１８　です。", "marker_copula", True, "１８"),
    ("math", "fa", "پاسخ:\u200f ۱۸", "marker_line", True, "۱۸"),
    ("choice", "en", "B", "whole", True, "B"),
    ("choice", "en", "(b)", "whole", True, "b"),
    ("choice", "en", "B) Paris is the capital.\nLondon is not.", "first_line", False, "B"),
    ("choice", "en", "A) is wrong.\nB) is right.\nAnswer: B", "marker_line", True, "B"),
    ("choice", "th", "ดังนั้น คำตอบคือ ข้อ B", "marker_copula", True, "B"),
    ("nli", "en", "Neutral.", "whole", True, "Neutral."),
    ("nli", "en", "The premise says little.\nAnswer: neutral", "marker_line", True, "neutral"),
    ("qa", "en", "**Answer:** Denver Broncos\nThey won.", "marker_line", True, "Denver Broncos"),
    ("qa", "en", "The answer is the U.S. Army.", "marker_copula", True, "the U.S. Army"),
    ("qa", "zh", "答案是北京。", "marker_copula", True, "北京"),
    ("qa", "en", "Denver Broncos\nThey won.", "first_line", False, "Denver Broncos"),
    ("qa", "en", " Denver Broncos ", "whole", True, "Denver Broncos"),
    ("translation", "de", "  Ein Satz.\nNoch einer. ", "whole", True, "Ein Satz.\nNoch einer."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "lang", "text", "method", "strict", "covered"), FORMS, ids=lambda v: str(v)[:24])
def test_method_form_and_place(kind, lang, text, method, strict, covered) -> None:
    found = extract_answer(text, kind, lang)
    assert (found.state, found.method, found.strict) == ("found", method, strict)
    assert found.span is not None and text[slice(*found.span)] == covered


def test_the_data_sets_own_marker_counts() -> None:
    text = "Kwanza 3 + 4 = 7\nHitimisho: 18\nMayai ni 16"
    assert extract_answer(text, "math", "sw").value == "16"
    found = extract_answer(text, "math", "sw", markers=("Hitimisho:",))
    assert (found.value, found.method) == ("18", "marker_line")


def test_the_other_reading_is_an_alternative() -> None:
    assert extract_answer("Answer: 1.234", "math", "en").alternatives == ("1234",)
    assert extract_answer("Antwort: 12.000", "math", "de").alternatives == ()


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("Answer: 18 or 20", {"18", "20"}),
        ("\\boxed{18} or \\boxed{20}", {"18", "20"}),
        ("คำตอบ: 18 หรือ 20", {"18", "20"}),
    ],
)
def test_an_ambiguous_answer_names_what_it_could_be(text: str, both: set[str]) -> None:
    found = extract_answer(text, "math", "th" if "ค" in text else "en")
    assert found.state == "ambiguous"
    assert {found.value, *found.alternatives} == both


# The position that a look-alike letter means depends on the alphabet that was shown.
LETTERS = [
    ("В", ABCD, "B"),
    ("В", ("А", "Б", "В", "Г"), "В"),
    ("Б", ABCD, "B"),
    ("Г", ABCD, "D"),
    ("С", ABCD, "C"),
    ("Β", ABCD, "B"),
    ("Γ", ABCD, "C"),
    ("Ⓒ", ABCD, "C"),
    ("③", ABCD, "C"),
    ("🄲", ABCD, "C"),
    ("Ｃ", ABCD, "C"),
    ("⒞", ABCD, "C"),
    ("丙", ABCD, "C"),
    ("ウ", ABCD, "C"),
    ("다", ABCD, "C"),
    ("ㄷ", ABCD, "C"),
    ("㉢", ABCD, "C"),
    ("ค", ABCD, "C"),
    ("ग", ABCD, "C"),
    ("গ", ABCD, "C"),
    ("ج", ABCD, "C"),
    ("ג", ABCD, "C"),
    ("C", ("ก", "ข", "ค", "ง"), "ค"),
    ("❸", ("1", "2", "3", "4"), "3"),
    ("３", ("1", "2", "3", "4"), "3"),
]


@pytest.mark.parametrize(("sign", "labels", "label"), LETTERS)
@pytest.mark.parametrize("frame", ["{}", "({})", "Answer: {}", "**{}**", "{}.", "答案：{}", "ANSWER: ({})"])
def test_signs_of_every_alphabet(sign: str, labels: tuple[str, ...], label: str, frame: str) -> None:
    assert extract_answer(frame.format(sign), "choice", "en", labels).value == label


def test_a_latin_letter_under_cyrillic_labels_is_ambiguous() -> None:
    found = extract_answer("Ответ: B", "choice", "ru", ("А", "Б", "В", "Г"))
    assert found.state == "ambiguous"
    assert {found.value, *found.alternatives} == {"Б", "В"}


@settings(max_examples=400, deadline=None)
@given(
    st.text(
        st.one_of(st.characters(), st.sampled_from("ABCD0123456789 \n.:：*\\{}()=-答案คำตอบข\ud800\u200f")),
        max_size=120,
    ),
    st.sampled_from(KINDS),
    st.sampled_from([*LANGUAGES, "xx"]),
    st.sampled_from([(), ABCD, ("ก", "ข", "ค", "ง"), ("entailment", "neutral", "contradiction")]),
)
def test_no_text_raises(text, kind, lang, labels) -> None:
    found = extract_answer(text, kind, lang, labels)
    assert (found.value is None) == (found.state == "none")
    if found.span is not None:
        assert 0 <= found.span[0] < found.span[1] <= len(text)
    if found.value is not None and kind in ("choice", "nli") and labels:
        assert found.value in labels


LONG = [
    "Answer: ",
    "**a",
    "\\boxed{",
    "\\boxed{1}",
    "a\n",
    "A ",
    "(A)",
    "1=",
    "* ",
    "US.",
    "The answer is not ",
    "ไม่",
    "\\text{",
]


@pytest.mark.parametrize("piece", LONG)
@pytest.mark.parametrize("kind", ["math", "choice", "nli"])
def test_a_long_text_takes_no_minute(kind, piece: str) -> None:
    started = time.process_time()
    extract_answer(piece * (200_000 // len(piece)), kind, "th")
    assert time.process_time() - started < 20


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(LANGUAGES)),
    st.integers(min_value=-(10**9), max_value=10**9),
    st.sampled_from(
        ["ANSWER: {}", "**Answer:** {}", "\\boxed{{{}}}", "#### {}", "The answer is {}.", "{}", "5 + 3 = {}"]
    ),
)
def test_every_form_gives_the_number_back(lang: str, value: int, form: str) -> None:
    assert extract_answer(form.format(value), "math", lang).value == str(value)


MARKERS = {
    "bn": "উত্তর", "de": "Antwort", "en": "Answer", "es": "Respuesta", "fr": "Réponse", "ja": "答え", "ru": "Ответ",
    "sw": "Jibu", "te": "సమాధానం", "th": "คำตอบ", "zh": "答案",
}  # fmt: skip


@pytest.mark.data
@pytest.mark.skipif(not DATA, reason="needs BABELGATE_DATA_DIR")
@pytest.mark.parametrize("lang", MARKERS)
def test_all_eight_mgsm_exemplars(lang: str) -> None:
    exemplars = json.loads((Path(DATA or "") / "mgsm" / "exemplars.json").read_text())
    golds = exemplars["EXEMPLAR_NUMBER_ANSWERS"]
    assert len(exemplars["MGSM_EXEMPLARS"][lang]) == len(golds) == 8
    for number, exemplar in exemplars["MGSM_EXEMPLARS"][lang].items():
        found = extract_answer(exemplar["a"], "math", lang, markers=(MARKERS[lang],))
        assert (found.value, found.method, found.strict) == (str(golds[int(number) - 1]), "marker_copula", True)
