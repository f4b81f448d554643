"""Language fidelity: 430 literal answers in 52 languages, splices of our own parallel suite, and the known defects."""

import json
import random
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.codeswitch import LanguageReport, code_switch
from tasks.languages import LANGUAGES
from tasks.metrics.fidelity import code_switch as code_switch_metric
from tasks.metrics.fidelity import intrusions, switched_char_share, wrong_language
from tasks.metrics.registry import Case

ROOT = Path(__file__).parent.parent
SUITE = ROOT / "datasets_cfg" / "data"
CASES = [json.loads(line) for line in (ROOT / "tests/data/switch_cases.jsonl").read_text("utf-8").splitlines()]
SPLICED = ("ar", "bn", "de", "es", "fr", "hi", "id", "ja", "ko", "ms", "ru", "sw", "ta", "te", "th", "vi", "zh")
PHRASES = (
    "as I mentioned earlier in this conversation", "it is important to note that this",
    "in order to solve this problem we need to", "here is a summary of the main points",
    "so the final result of the calculation is", "I hope this helps you with your question",
)  # fmt: skip
HARD = (
    "Microsoft Visual Studio Code", "New York Times", "iPhone 15 Pro Max", "“The Lord of the Rings”",
    '"Stranger Things"',
    "(machine learning)", "(World Health Organization, WHO)", r"$x = \frac{a}{2} \text{ where a is the sum of all}$",
    r"\(f(x) = \sin(x) \text{ for all } x\)", '`git commit -m "fix the bug in the parser"`',
    "``` return a + b  # this is the sum of the two numbers ```", "https://example.com/this-is-the-best-way-to-do-it",
    "pip install numpy pandas", "ANSWER: 42", '{"name": "value", "is_active": true}', "report_final_version.pdf",
    "@someone #ThisIsTheBest", "University of California, Berkeley", "Council of Independent Schools (SCIS)",
    "Bill & Melinda Gates Foundation", "Harry Potter and the Chamber of Secrets", "GPT-4, Llama 3 & Claude", "startup",
    "software engineer", "50 km/h", "100 GB SSD", "CPU, GPU, RAM", "E. coli", "in vitro", "Game of Thrones",
    "Wi-Fi, Bluetooth, USB-C", "DNA (deoxyribonucleic acid)", "<b>Python</b>", "int x = 5;", "kubectl get pods",
    "feedback", "check-in", "Journal of the American Medical Association", "SELECT name FROM users WHERE age > 18",
)  # fmt: skip


def verdict(report: LanguageReport) -> str:
    found = [name for name, hit in (("wrong", report.wrong_language), ("switch", report.code_switch)) if hit]
    return "+".join(found) or "clean"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['lang']} {case['what']}")
def test_literal(case: dict[str, str]) -> None:
    report = code_switch(case["text"], case["lang"])
    assert verdict(report) == case["verdict"], report
    # A word at the rim may be one of both languages (Czech has "let", Hausa has "a").
    assert not case["span"] or any(case["span"][4:-4] in span.text for span in report.spans)


def test_every_language_of_ours_is_in_the_table() -> None:
    assert {case["lang"] for case in CASES} == set(LANGUAGES)


def own_sentences(lang: str) -> list[str]:
    path = SUITE / "babel_translate" / f"{lang}.jsonl"
    if path.exists():
        return [json.loads(line)["gold"][0] for line in path.read_text("utf-8").splitlines()]
    lines = (SUITE / "babel_math" / f"{lang}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines][::3]


def halves(lang: str, sentence: str) -> tuple[str, str]:
    if not LANGUAGES[lang].spaced:
        return sentence[: len(sentence) // 2], sentence[len(sentence) // 2 :]
    words = sentence.split()
    return " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])


def spliced(lang: str) -> dict[str, list[str]]:
    """Texts by kind: English second halves, five words, phrases and sentences inside; and clean ones."""
    english = [json.loads(x)["question"] for x in (SUITE / "babel_translate/de.jsonl").read_text("utf-8").splitlines()]
    choose = random.Random(lang)
    texts: dict[str, list[str]] = {"tail": [], "five": [], "phrase": [], "sentence": [], "clean": [], "hard": []}
    sentences = own_sentences(lang)
    for number, sentence in enumerate(sentences):
        other = english[(number + 7) % len(english)]
        words = other.split()
        first, second = halves(lang, sentence)
        start = choose.randrange(len(words) - 5)
        texts["tail"].append(f"{first} {' '.join(words[len(words) // 2 :])}")
        texts["five"].append(f"{first} {' '.join(words[start : start + 5])} {second}")
        texts["phrase"].append(f"{first} {PHRASES[number % len(PHRASES)]} {second}")
        texts["sentence"].append(f"{sentence} {other} {sentences[number - 1]}")
        texts["clean"].append(sentence)
        texts["hard"].append(f"{sentence} {HARD[number % len(HARD)]} {sentences[number - 1]}")
    return texts


def test_splices_of_our_own_suite(capsys: pytest.CaptureFixture[str]) -> None:
    """Precision at least .99, recall .93, false positives at most .5 % over 17 languages; printed by language."""
    total: Counter[str] = Counter()
    for lang in SPLICED:
        hits: Counter[str] = Counter()
        for kind, texts in spliced(lang).items():
            for text in texts:
                flagged = verdict(code_switch(text, lang)) != "clean"
                negative = kind in ("clean", "hard")
                hits["fp" if negative else "tp"] += flagged
                hits["negatives" if negative else "positives"] += 1
        total += hits
        assert hits["tp"] / hits["positives"] >= 0.9, lang
        with capsys.disabled():
            sys.stdout.write(line_of(lang, hits))
    with capsys.disabled():
        sys.stdout.write(line_of("all", total) + "\n")
    assert total["tp"] / (total["tp"] + total["fp"]) >= 0.99
    assert total["tp"] / total["positives"] >= 0.93
    assert total["fp"] / total["negatives"] <= 0.005


def line_of(name: str, hits: Counter[str]) -> str:
    precision, recall = hits["tp"] / max(1, hits["tp"] + hits["fp"]), hits["tp"] / hits["positives"]
    return f"\n{name}: precision {precision:.3f} recall {recall:.3f} false positives {hits['fp']}/{hits['negatives']}"


@pytest.mark.parametrize(
    ("text", "lang", "wrong", "switch", "reason"),
    [
        ("Hallo zusammen, wie geht es euch heute?", "xx", None, None, "language 'xx' is not supported"),
        ("", "de", None, None, "no text left"),
        ("42", "de", None, None, "no text left"),
        ("`ls` $x$ https://example.com", "th", None, None, "no text left"),
        ("B", "es", None, False, "too short to tell"),
        ("Paris", "th", None, False, "too short to tell"),
        ("ใช่", "th", False, False, ""),
        ("はい", "ja", False, False, ""),
        ("да", "th", True, False, ""),
        ("cat\ndog\nhouse\nflower\ntree\nschool", "de", True, False, ""),
    ],
)
def test_little_text(text: str, lang: str, wrong: bool | None, switch: bool | None, reason: str) -> None:
    report = code_switch(text, lang)
    assert (report.wrong_language, report.code_switch) == (wrong, switch)
    assert report.reason.startswith(reason)
    assert bool(report.reason) == (reason != "")


def test_spans_index_the_text_as_it_was_written() -> None:
    text = "Caf\u200be\u0301 und Kuchen schmecken gut, \u2066but it is impor\u00adtant to note\u2069 dass er teuer ist."
    (span,) = code_switch(text, "de").spans
    assert text[span.start : span.end] == span.text
    assert span.text.startswith("but it is impor\u00adtant")
    assert span.kind == "english"


def test_terms_of_the_prompt_are_no_switch() -> None:
    prompt = "ช่วยอธิบายเพลง how deep is your love ให้ฟังหน่อย"
    answer = "เพลง how deep is your love เป็นเพลงรักที่มีชื่อเสียง"
    assert code_switch(answer, "th").code_switch is True
    assert code_switch(answer, "th", (prompt,)).code_switch is False


def test_a_capital_in_the_prompt_does_not_excuse_the_word_in_small_letters() -> None:
    prompt = "In Berlin leben viele Menschen. Also gut, was ist der Grund dafür, dass so viele dorthin ziehen wollen?"
    answer = "Viele ziehen dorthin, also in this case the rents are low and so they come."
    assert code_switch(answer, "de", (prompt,)).code_switch is True


def test_borrowings_are_counted_apart() -> None:
    report = code_switch("मुझे यह website बहुत पसंद है और इसका design अच्छा है।", "hi")
    assert (report.code_switch, report.intrusions, report.switched_char_share) == (False, 2, 0.0)
    assert code_switch("This is a plain sentence in English.", "en").intrusions is None


def test_runs_just_under_the_threshold_are_shown() -> None:
    report = code_switch("คำตอบของข้อนี้ง่ายมาก very easy ครับ", "th")
    assert (report.code_switch, [span.text for span in report.near]) == (False, ["very easy"])


def test_share_counts_letters() -> None:
    report = code_switch("ฉันคิดว่าคำตอบคือ this is the best way ครับผม", "th")
    assert report.switched_char_share == pytest.approx(16 / 39)


def test_metrics_say_why_there_is_no_value() -> None:
    case = Case("open", "de", "B", language=code_switch("B", "de"))
    assert wrong_language(case).value is None
    assert wrong_language(case).reason == "too short to tell its language"
    english = Case("open", "en", "", language=code_switch("This is a plain sentence in English.", "en"))
    assert (wrong_language(english).value, intrusions(english).value) == (0.0, None)
    switched = Case("open", "de", "", language=code_switch("Das ist so, and this is the reason for it, ja.", "de"))
    assert code_switch_metric(switched).value == 1.0
    assert json.loads(code_switch_metric(switched).detail)[0][2] == "english"
    assert 0 < (switched_char_share(switched).value or 0) < 1


ALPHABET = st.sampled_from(
    "aéİßΣ\u0301กา漢あ한ب हि\n\t\"'“”`$\\()[]{}<>.,:;|@#_-/=0123٣\u200b\u200f𝒜𠀀 the is and \ud800"
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ALPHABET, max_size=80), st.sampled_from(["de", "en", "tr", "ja", "zh", "th", "ru", "ar", "su"]))
def test_never_raises_and_spans_are_slices(pieces: list[str], lang: str) -> None:
    text = "".join(pieces)
    report = code_switch(text, lang, ("the is", "“İ”"))
    assert all(text[span.start : span.end] == span.text for span in report.spans + report.near)
    assert report.switched_char_share is None or 0.0 <= report.switched_char_share <= 1.0
    assert (report.code_switch is None) <= (report.reason != "")
