"""Every metric has a row with a literal value, a section in the docs, and a name of its own."""

import re
from pathlib import Path

import pytest

from tasks.codeswitch import LanguageReport
from tasks.match import Match
from tasks.metrics import METRICS, Case, metrics_for
from tasks.metrics.registry import item_metric, register
from tasks.schema import Extraction, UserError

DOCS = Path(__file__).parent.parent / "docs" / "metrics.md"
FOUND = Extraction("found", "18", "marker_line", True)
AMBIGUOUS = Extraction("ambiguous", "18", "last_line", False, alternatives=("19",))
NONE = Extraction("none", None, "none", False)
MIXED = LanguageReport(False, True, (), 0.25, 2, "")
UNTOLD = LanguageReport(None, None, (), None, None, "too short to tell its language")


def math(extraction: Extraction, match: Match | None) -> Case:
    return Case("math", "en", "?", ("18",), extraction, match)


def text(lang: str, answer: str, *gold: str) -> Case:
    return Case("qa", lang, answer, gold, Extraction("found", answer, "whole", True) if answer else NONE)


def language(report: LanguageReport) -> Case:
    return Case("open", "th", "…", language=report)


def passage(answer: str, *gold: str) -> Case:
    found = Extraction("found", answer, "whole", True)
    said = "The museum opened in 1987. A ticket costs 12 euros."
    return Case("rag", "en", answer, gold, found, context=said, absent="That is not in the text.")


ROWS = [
    ("exact_match", math(FOUND, Match(True, True, "equal")), 1.0, ""),
    ("exact_match", math(FOUND, Match(False, True, "alt_locale")), 0.0, "alt_locale"),
    ("exact_match", math(NONE, Match(False, False, "none")), 0.0, "extraction: none"),
    ("exact_match", math(AMBIGUOUS, Match(False, False, "ambiguous")), 0.0, "extraction: ambiguous"),
    ("exact_match", math(FOUND, Match(None, None, "gold 'x' is no number")), None, "gold 'x' is no number"),
    ("exact_match_lenient", math(FOUND, Match(False, True, "alt_locale")), 1.0, "alt_locale"),
    ("exact_match_lenient", math(FOUND, Match(False, False, "different")), 0.0, "different"),
    ("extraction_found", math(FOUND, None), 1.0, ""),
    ("extraction_found", math(AMBIGUOUS, None), 0.0, "extraction: ambiguous"),
    ("extraction_found", math(NONE, None), 0.0, "extraction: none"),
    ("em_official", text("en", "the Denver Broncos", "Denver Broncos"), 1.0, ""),
    ("f1_official", text("en", "Denver Broncos won", "Denver Broncos"), 0.8, ""),
    ("em_mlqa", text("zh", "《红楼梦》", "红楼梦"), 1.0, ""),
    ("em_mlqa", text("th", "ก", "ก"), None, "MLQA v1 is not defined for 'th'"),
    ("f1_mlqa", text("zh", "北京市", "北京"), 0.8, ""),
    ("f1_chars", text("th", "กรุงเทพมหานคร", "กรุงเทพ"), 0.7, ""),
    ("gold_contained", text("en", "It is Paris.", "Paris"), 1.0, ""),
    ("rag_correct", passage("It opened in 1987.", "1987"), 1.0, ""),
    ("rag_correct", passage("It opened in 1932.", "1987"), 0.0, ""),
    ("rag_correct", passage("That is not in the text, but 1987.", "1987"), 0.0, "says 'that is not in the text'"),
    ("rag_correct", passage("That is not in the text."), 1.0, "says 'that is not in the text'"),
    ("rag_correct", passage("It opened in 1987."), 0.0, ""),
    ("honest_absence", passage("The passage does not mention it."), 1.0, "says 'does not mention'"),
    ("honest_absence", passage("1987"), 0.0, ""),
    ("honest_absence", passage("1987", "1987"), None, "the passage holds the answer"),
    ("false_absence", passage("That is not in the text.", "1987"), 1.0, "says 'that is not in the text'"),
    ("false_absence", passage("1987", "1987"), 0.0, ""),
    ("false_absence", passage("1987"), None, "the passage does not hold the answer"),
    ("supported_share", passage("The museum opened in 1987.", "1987"), 1.0, ""),
    ("supported_share", passage("The museum burned down in 1932.", "1987"), 0.25, ""),
    ("supported_share", passage("That is not in the text."), None, "says that the passage is silent"),
    ("supported_share", passage("So it is."), None, "no content words"),
    ("invented_number", passage("1,987 or 1932"), 1.0, "1932"),
    ("invented_number", passage("In ١٩٨٧."), 0.0, ""),
    ("invented_number", passage("Long ago."), None, "no number in the answer"),
    ("wrong_language", language(MIXED), 0.0, ""),
    ("wrong_language", language(UNTOLD), None, "too short to tell its language"),
    ("code_switch", language(MIXED), 1.0, ""),
    ("switched_char_share", language(MIXED), 0.25, ""),
    ("intrusions", language(MIXED), 2.0, ""),
    ("intrusions", Case("open", "th", ""), None, "no language report"),
    ("chrf_item", Case("translation", "zh", "北京市", ("北京",)), 87.5, ""),
    ("chrf_item", Case("translation", "zh", "北京市"), None, "no reference"),
    ("refusal", Case("refusal", "de", "Da kann ich nicht helfen."), 1.0, "says 'kann ich nicht helfen'"),
    ("refusal", Case("refusal", "de", "Im Jahr 1989."), 0.0, ""),
    ("refusal", Case("refusal", "th", "I cannot discuss this."), 1.0, "says 'i cannot discuss'"),
    ("refusal", Case("refusal", "th", ""), None, "no text of the model's"),
    ("refusal", Case("refusal", "km", "…"), None, "no refusal phrases are known for 'km'"),
    ("bleu_item", Case("translation", "en", "a b c d", ("a b c d",)), 100.0, ""),
]
CORPUS = [("chrf", "chrf_item", 87.5), ("bleu", "bleu_item", 0.0)]


@pytest.mark.parametrize(("name", "case", "value", "reason"), ROWS)
def test_literal_values(name: str, case: Case, value: float | None, reason: str) -> None:
    measure = METRICS[name].measure
    assert measure is not None
    measured = measure(case)
    assert measured.value == (None if value is None else pytest.approx(value))
    assert measured.reason == reason
    assert measured.signature


@pytest.mark.parametrize(("name", "part", "value"), CORPUS)
def test_literal_corpus_values(name: str, part: str, value: float) -> None:
    metric, measure = METRICS[name], METRICS[part].measure
    assert metric.part == part
    assert metric.aggregate is not None and measure is not None
    case = Case("translation", "zh", "北京市", ("北京",))
    assert metric.aggregate([measure(case)], [case]).value == pytest.approx(value)


def test_every_metric_has_a_row() -> None:
    assert {row[0] for row in ROWS} | {row[0] for row in CORPUS} == METRICS.keys()


def test_every_metric_has_a_section_that_says_all() -> None:
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^#|\Z)", DOCS.read_text(encoding="utf-8"), re.M | re.S))
    assert sections.keys() == METRICS.keys()
    for name, section in sections.items():
        assert re.search(r"^- (Definition|Formula):", section, re.M), name
        assert re.search(r"^- Source:", section, re.M), name
        assert re.search(r"^- Cannot see:", section, re.M), name
        better = "higher is better" if METRICS[name].direction == "higher_better" else "lower is better"
        assert better in section, name
        assert ("*always" in section) == METRICS[name].always, name


def test_two_metrics_of_one_name_stop_the_program() -> None:
    with pytest.raises(RuntimeError, match="two metrics are named 'exact_match'"):
        register(METRICS["exact_match"])

    def f1_chars(case: Case) -> None: ...

    with pytest.raises(RuntimeError, match="two metrics are named 'f1_chars'"):
        item_metric("1", ("qa",))(f1_chars)  # type: ignore[arg-type]


def test_metrics_for_adds_parts_and_what_is_always_measured() -> None:
    always = {"wrong_language", "code_switch", "switched_char_share", "intrusions"}
    assert {m.name for m in metrics_for(("chrf",), "translation")} == {"chrf", "chrf_item"} | always
    exact = {"exact_match", "exact_match_lenient", "extraction_found"}
    assert {m.name for m in metrics_for(("exact_match",), "math")} == exact | always
    assert {m.name for m in metrics_for((), "open")} == always


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("chrff",), "unknown metric 'chrff'; did you mean 'chrf'?"),
        (("em_official",), "metric 'em_official' measures qa, rag; this data set is of kind 'math'"),
    ],
)
def test_metrics_for_refuses(names: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(UserError, match=re.escape(sentence)):
        metrics_for(names, "math")


def test_the_lists_of_kinds_and_directions_are_sound() -> None:
    for metric in METRICS.values():
        assert metric.kinds
        assert metric.direction in ("higher_better", "lower_better")
        assert (metric.measure is None) == (metric.aggregate is not None)
        assert metric.upper is None or metric.upper > metric.lower
        assert not metric.binary or metric.upper == 1.0
