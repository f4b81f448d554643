"""The gate against runs whose answers are known: each verdict, each reason."""

import pytest

from tasks.gate import GateReport, gate
from tasks.gate_outputs import markdown, sentences
from tasks.gate_read import Reader, Subject, find_baseline, models_of
from tasks.policy import Policy
from tasks.schema import UserError
from tests.gate_run import Run, calibrate, pattern, write
from warehouse.connect import open_published
from warehouse.home import Home
from warehouse.load import load_parts
from warehouse.publish import publish

N = 300
FINE = {"en": pattern(N, 30), "sw": pattern(N, 60), "th": pattern(N, 45)}
WORSE_SW = {**FINE, "sw": pattern(N, 150)}
RUNS = [
    Run("base", FINE, day=1),
    Run("same", FINE, day=2),
    Run("worse-sw", WORSE_SW, day=3),
    Run("slightly", {**FINE, "sw": pattern(N, 78)}, day=4),
    Run("few", {lang: right[:40] for lang, right in FINE.items()}, day=5),
    Run("other-prompt", FINE, prompt="q", day=6),
    Run("other-text", FINE, text="!", day=7),
    Run("other-version", FINE, version="2", day=8),
    Run("other-yaml", FINE, config_hash="other", day=9),
    Run("other-metric", FINE, metric_version="2", day=10),
    Run("other-signature", FINE, signature="t", day=11),
    Run("partial", FINE, status="partial", day=12),
    Run("gaps", FINE, never_came=30, day=13),
    Run("errors", {**FINE, "sw": [None] * 30 + pattern(N - 30, 50)}, day=14),
    Run("unproven", FINE, selftest="", day=15),
    Run("misscored", WORSE_SW, selftest="fail", day=16),
    Run("foreign", FINE, wrong_language={"th": 60}, day=17),
    Run("judged", FINE, flagged={"en": 3, "sw": 3, "th": 90}, day=18),
    Run("more", {lang: [*right, *pattern(100, 10)] for lang, right in FINE.items()}, day=19),
    Run("other-model", {**FINE, "th": pattern(N, 5)}, model="other", licence="Llama", day=20),
    Run("no-english", {"sw": FINE["sw"]}, day=21),
    Run("lost-in-sw", {**FINE, "en": pattern(2400, 30), "sw": [None] * 24 + pattern(N - 24, 50)}, day=23),
    Run("unscored", FINE, unscored=80, day=24),
    Run("base-errors", {**FINE, "sw": [None] * 30 + pattern(N - 30, 200)}, day=25),
    Run("base-misscored", FINE, selftest="fail", day=26),
    Run("base-partial", FINE, status="partial", day=27),
    Run("two-languages", {"en": FINE["en"], "th": FINE["th"]}, day=28),
    Run("slow", FINE, latency_ms=9000, usd=None, day=22),
    Run("look-1", {"en": pattern(120, 6), "sw": pattern(120, 22), "th": pattern(120, 6)}, day=34),
    Run("look-2", {"en": pattern(120, 6), "sw": pattern(300, 40), "th": pattern(120, 6)}, day=35),
    Run("poems-too", FINE, beside="poems", day=33),
    Run("half-read", FINE, flagged={"en": 3, "th": 3}, unread={"en": 150, "th": N, "sw": 20}, day=29),
    Run("other-rubric", FINE, flagged={"en": 3, "sw": 3, "th": 3}, rubric_version="2", day=30),
    Run("twice-asked", FINE, flagged={"en": 3, "sw": 3, "th": 3}, repeats=2, day=31),
    Run("twice-few", {lang: right[:120] for lang, right in FINE.items()}, flagged={"en": 1}, repeats=2, day=32),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    for run in RUNS:
        write(home, run)
    calibrate(home, "en", (45, 5, 5, 45))
    calibrate(home, "th", (45, 5, 5, 45))
    calibrate(home, "en", (45, 5, 5, 45), version="2")
    calibrate(home, "sw", (20, 20, 20, 20), "uncalibrated")
    assert load_parts(home).rejected == []
    publish(home)
    return home


def policy(*rules: dict, **more: object) -> Policy:
    return Policy.model_validate({"name": "p", "rules": [{"name": f"r{i}", **r} for i, r in enumerate(rules)], **more})


def decided(home: Home, run: str, of: Policy, baseline: str | None = None, **more) -> GateReport:
    with open_published(home) as connection:
        reader = Reader(connection)
        return gate(reader, Subject(run, models_of(reader, run)[1][0]), of, baseline=baseline, **more)


ACC = {"quantity": "accuracy"}
EACH = {"scope": "each_language"}
HOLDS = {**ACC, **EACH, "margin": 0.1}
LOOSE = {**ACC, "at_least": 0.5}
# run, rule, baseline -> outcome, verdicts (first letters, a place each), what some reason says
CASES = [
    ("same", HOLDS, "base", "GO", "PPP", "every critical rule"),
    ("worse-sw", HOLDS, "base", "NO-GO", "PFP", "r0 (sw)"),
    ("slightly", {**HOLDS, "margin": 0.05}, "base", "INCONCLUSIVE", "PIP", "more items in sw"),
    ("worse-sw", {**HOLDS, "languages": ["en"]}, "base", "GO", "P", "every critical rule"),
    ("few", HOLDS, "base", "INCONCLUSIVE", "III", "only 40 of 200 items in en"),
    ("few", {**HOLDS, "min_items": 40}, "base", "GO", "PPP", ""),
    ("same", HOLDS, None, "INCONCLUSIVE", "MMM", "no baseline was named"),
    ("other-prompt", HOLDS, "base", "INCONCLUSIVE", "III", "asked with another prompt"),
    ("other-text", HOLDS, "base", "INCONCLUSIVE", "III", "another text or gold"),
    ("other-version", HOLDS, "base", "INCONCLUSIVE", "III", "the version differs ('2' here, '1' in the baseline)"),
    ("other-yaml", HOLDS, "base", "INCONCLUSIVE", "III", "configuration (prompts and markers) differs"),
    ("other-metric", HOLDS, "base", "INCONCLUSIVE", "III", "the version of exact_match differs"),
    ("other-signature", HOLDS, "base", "INCONCLUSIVE", "III", "the signature of exact_match differs"),
    ("other-prompt", LOOSE, "base", "GO", "P", ""),
    ("partial", LOOSE, None, "INCONCLUSIVE", "P", "the run is partial"),
    ("gaps", LOOSE, None, "INCONCLUSIVE", "P", "90 of 990 completions never came"),
    ("errors", LOOSE, None, "INCONCLUSIVE", "P", "lost to infrastructure, above the limit of 1.0%"),
    ("unproven", LOOSE, None, "INCONCLUSIVE", "P", "no self-test"),
    ("misscored", HOLDS, "base", "INCONCLUSIVE", "PFP", "the self-test of the scorers failed"),
    ("foreign", {"quantity": "wrong_language", **EACH, "at_most": 0.05}, None, "NO-GO", "PPF", "r0 (th)"),
    ("foreign", {"quantity": "wrong_language", "scope": "worst_language", "at_most": 0.05}, None, "NO-GO", "F", "th"),
    ("same", {"quantity": "wrong_language", "at_most": 0.05}, None, "GO", "P", ""),
    ("worse-sw", {**ACC, "scope": "worst_language", "at_least": 0.6}, None, "NO-GO", "F", "r0 (sw)"),
    ("same", {**ACC, "scope": "worst_language", "at_least": 0.6}, None, "GO", "P", ""),
    ("same", {**ACC, "scope": "group", "group": "g", "at_least": 0.7}, None, "GO", "P", ""),
    ("same", {**ACC, "scope": "each_dataset", "at_least": 0.7}, None, "GO", "P", ""),
    ("same", {**ACC, "scope": "each_category", "at_least": 0.7, "min_items": 100}, None, "GO", "PP", ""),
    ("same", {**ACC, "scope": "each_category", "at_least": 0.7}, None, "INCONCLUSIVE", "II", "only 150 of 200"),
    ("same", {**ACC, "categories": ["odd"], "at_least": 0.7, "min_items": 100}, None, "GO", "P", ""),
    ("few", LOOSE, None, "INCONCLUSIVE", "I", "only 120 of 200 items"),
    ("same", {"quantity": "consistency", **EACH, "at_least": 0.8}, None, "GO", "PP", ""),
    ("worse-sw", {"quantity": "consistency", **EACH, "at_least": 0.8}, None, "NO-GO", "FP", "r0 (sw)"),
    ("worse-sw", {"quantity": "consistency", **EACH, "margin": 0.1}, "base", "NO-GO", "FP", "r0 (sw)"),
    ("same", {"quantity": "agree_valid", **EACH, "at_least": 0.8}, None, "GO", "PP", ""),
    ("same", {"quantity": "transfer", **EACH, "at_least": 0.8}, None, "GO", "PP", ""),
    ("same", {"quantity": "same_wrong", **EACH, "at_most": 0.2}, None, "GO", "PP", ""),
    ("worse-sw", {"quantity": "english_gap", **EACH, "at_most": 0.2}, None, "NO-GO", "FP", "r0 (sw)"),
    ("no-english", {"quantity": "english_gap", **EACH, "at_most": 0.2}, None, "INCONCLUSIVE", "M", "nothing in"),
    ("same", {"quantity": "extraction_failure", **EACH, "at_most": 0.1}, None, "INCONCLUSIVE", "M", "nothing in"),
    ("same", {"quantity": "truncated", **EACH, "at_most": 0.05}, None, "GO", "PPP", ""),
    ("same", {"quantity": "chrf", "at_least": 30.0}, None, "INCONCLUSIVE", "M", "has a value for chrf"),
    ("same", {"quantity": "completeness", "at_least": 0.99}, None, "GO", "P", ""),
    ("gaps", {"quantity": "completeness", "at_least": 0.99}, None, "NO-GO", "F", "r0"),
    ("gaps", {"quantity": "completeness", **EACH, "at_least": 0.99}, None, "NO-GO", "FFF", "r0 (en)"),
    ("errors", {"quantity": "infra_error", **EACH, "at_most": 0.05}, None, "NO-GO", "PFP", "r0 (sw)"),
    ("same", {"quantity": "cost_per_1000", "at_most": 1.5}, None, "GO", "P", ""),
    ("same", {"quantity": "cost_per_1000", "margin": 0.5}, "base", "GO", "P", ""),
    ("slow", {"quantity": "cost_per_1000", "at_most": 1.5}, None, "INCONCLUSIVE", "M", "states no price"),
    ("more", {"quantity": "tokens_per_second", "at_least": 1.0}, None, "GO", "P", ""),
    ("same", {"quantity": "latency_p95_ms", "at_most": 2000.0}, None, "GO", "P", ""),
    ("slow", {"quantity": "latency_p95_ms", "at_most": 2000.0}, None, "NO-GO", "F", "r0"),
    ("slow", {"quantity": "latency_p95_ms", "margin": 500.0}, "base", "NO-GO", "F", "r0"),
    ("same", {"quantity": "licence", "one_of": ["Apache-2.0", "MIT"]}, None, "GO", "P", ""),
    ("other-model", {"quantity": "licence", "one_of": ["Apache-2.0", "MIT"]}, None, "NO-GO", "F", "r0"),
    ("same", {"quantity": "data_residency", "one_of": ["EU"]}, None, "INCONCLUSIVE", "M", "does not state"),
    ("same", {"quantity": "revision_pinned", "is_true": True}, None, "NO-GO", "F", "r0"),
    ("same", {"quantity": "parameters", "at_most": 8.0}, None, "GO", "P", ""),
    ("other-model", HOLDS, "base", "GO", "PPP", ""),
    ("more", HOLDS, "base", "GO", "PPP", ""),
    ("judged", {"quantity": "judge.grammar", "languages": ["en"], "at_most": 0.15}, None, "GO", "P", ""),
    ("judged", {"quantity": "judge.grammar", "languages": ["th"], "at_most": 0.15}, None, "NO-GO", "F", "r0"),
    ("judged", {"quantity": "judge.grammar", **EACH, "at_most": 0.15}, None, "INCONCLUSIVE", "PII",
     "not calibrated in sw: kappa"),
    ("judged", {"quantity": "judge.grammar", "languages": ["sw"], "at_most": 0.5}, None, "INCONCLUSIVE", "I",
     "not calibrated in sw"),
    ("half-read", {"quantity": "judge.grammar", "languages": ["en"], "at_most": 0.15}, None, "INCONCLUSIVE", "I",
     "could not read 150 of 300 answers in en, above 10%"),
    ("half-read", {"quantity": "judge.grammar", "languages": ["th"], "at_most": 0.15}, None, "INCONCLUSIVE", "M",
     "no "),
    ("other-rubric", {"quantity": "judge.grammar", "languages": ["en"], "at_most": 0.15}, None, "GO", "P", ""),
    ("other-rubric", {"quantity": "judge.grammar", "languages": ["en"], "margin": 0.3}, "judged", "INCONCLUSIVE", "I",
     "the version of the rubric differs ('2' here, '1' in the baseline)"),
    ("judged", {"quantity": "judge.grammar", "languages": ["en"], "margin": 0.3}, "twice-asked", "GO", "P", ""),
    # Repeated answers to an item are one item: of judges, of scores, of latencies.
    ("twice-few", {"quantity": "judge.grammar", "languages": ["en"], "at_most": 0.15}, None, "INCONCLUSIVE", "I",
     "only 120 of 200 items"),
    ("twice-few", {**ACC, **EACH, "at_least": 0.5}, None, "INCONCLUSIVE", "III", "only 120 of 200 items"),
    ("twice-few", {"quantity": "latency_p95_ms", "languages": ["en"], "at_most": 2000.0}, None, "INCONCLUSIVE", "I",
     "only 120 of 200 items"),
    ("poems-too", {**ACC, "scope": "each_dataset", "at_least": 0.7}, None, "GO", "P",
     "'r0' says nothing of poems: nothing there has a value for accuracy"),
    ("poems-too", {**ACC, "scope": "each_dataset", "datasets": ["sums", "poems"], "at_least": 0.7}, None,
     "INCONCLUSIVE", "MP", "nothing in poems has a value for accuracy"),
    ("poems-too", {**ACC, "scope": "each_dataset", "datasets": ["poems"], "at_least": 0.7}, None,
     "INCONCLUSIVE", "M", "nothing in the run has a value for accuracy"),
    ("twice-asked", {**ACC, **EACH, "at_least": 0.7}, None, "GO", "PPP", ""),
    # What a careless gate would let pass.
    ("two-languages", HOLDS, "base", "INCONCLUSIVE", "PMP", "left out sw, which the baseline has"),
    ("two-languages", {**ACC, "margin": 0.1}, "base", "INCONCLUSIVE", "I", "only 0 of 200 items in sw"),
    ("two-languages", {**HOLDS, "languages": ["en", "th"]}, "base", "GO", "PP", ""),
    ("lost-in-sw", LOOSE, None, "INCONCLUSIVE", "P", "24 of 300 requests in sw were lost"),
    ("unscored", LOOSE, None, "INCONCLUSIVE", "P", "80 answers to sums in en were never scored"),
    ("same", HOLDS, "base-errors", "INCONCLUSIVE", "III", "in the baseline, 30 of 900 requests were lost"),
    ("same", HOLDS, "base-misscored", "INCONCLUSIVE", "III", "the baseline's self-test of the scorers failed"),
    ("same", HOLDS, "base-partial", "INCONCLUSIVE", "III", "the baseline's run is partial"),
    ("same", {**ACC, **EACH, "group": "g", "at_least": 0.7}, None, "GO", "PP", ""),
    ("worse-sw", {**ACC, "scope": "worst_language", "group": "g", "at_least": 0.7}, None, "NO-GO", "F", "(sw)"),
    ("same", {"quantity": "judge.grammar", "at_most": 0.15}, None, "INCONCLUSIVE", "M", "a value for judge.grammar"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("run", "rule", "baseline", "outcome", "verdicts", "said"), CASES,
    ids=[f"{i}-{case[0]}-{case[1]['quantity']}" for i, case in enumerate(CASES)],
)  # fmt: skip
def test_outcomes(home: Home, run: str, rule: dict, baseline: str, outcome: str, verdicts: str, said: str) -> None:
    found = decided(home, run, policy(rule, groups={"g": ["sw", "th"]}), baseline)
    told = "\n".join([found.reason, *(row.reason for row in found.rows), *sentences(found)])
    assert ("".join(row.verdict[0] for row in found.rows), found.outcome) == (verdicts, outcome), told
    assert said in told, told


def test_a_failed_rule_shows_its_ten_most_telling_items_and_a_query(home: Home) -> None:
    row = decided(home, "worse-sw", policy(HOLDS), "base").rows[1]
    assert (row.value, row.base, row.difference) == (0.5, 0.8, pytest.approx(-0.3))
    assert [e.item for e in row.examples] == sorted(str(n) for n in range(60, 150))[:10]
    assert {(e.value, e.base, e.answer[:5], e.lang) for e in row.examples} == {(0.0, 1.0, "It is", "sw")}
    assert row.query == "babelgate sql failures -p run=worse-sw -p model=small -p metric=exact_match -p lang=sw"


def test_pairing_is_by_item_not_by_average(home: Home) -> None:
    """Same averages, so unpaired nothing is seen; the pairs show 90 lost items."""
    with open_published(home) as connection:
        reader = Reader(connection)
        assert find_baseline(reader, "base", Subject("same", "small"), None) == Subject("base", "small")
        assert find_baseline(reader, "base", Subject("other-model", "other"), None) == Subject("base", "small")
        with pytest.raises(UserError, match="no model 'smal'; did you mean 'small'"):
            find_baseline(reader, "base", Subject("same", "small"), "smal")


def test_another_look_is_paid_for(home: Home) -> None:
    """Half of the items in: a p-value of 0.01 is not enough; the same at the end of two looks nearly is."""
    of = policy({**ACC, "scope": "each_language", "languages": ["sw"], "at_least": 0.75})
    whole = decided(home, "same", of)
    half = decided(home, "same", of, fraction=0.5)
    again = decided(home, "same", of, looks=(half.look,), fraction=1.0)
    p = [report.rows[0].p_meets for report in (whole, half, again)]
    assert p[0] is not None and p[1] is not None and p[2] is not None
    assert p[0] < p[2] < p[1]
    assert (again.looks, half.look.fraction) == (2, 0.5)


def test_only_what_was_topped_up_is_looked_at_again(home: Home) -> None:
    """Swahili is open at 120 of 300 items and decided at 300; what stayed as it was keeps its verdict and numbers."""
    rules = ({**ACC, **EACH, "at_least": 0.75}, {**ACC, "at_least": 0.75}, {"quantity": "english_gap", "at_most": 0.35})
    of = policy(*rules, min_items=100)
    first = decided(home, "look-1", of, fraction=0.4)
    assert ([row.verdict[0] for row in first.rows], first.outcome) == (list("PIPPP"), "INCONCLUSIVE")
    assert (first.open, first.wanting) == (True, {("sums", "sw")})
    again = decided(home, "look-2", of, looks=(first.look,), topped=first.wanting)
    assert ([row.verdict[0] for row in again.rows], again.outcome, again.open) == (list("PPPPP"), "GO", False)
    assert [(new.n, new.p_meets) == (old.n, old.p_meets) for new, old in zip(again.rows, first.rows, strict=True)] == [
        True, False, True, True, True
    ]  # fmt: skip
    assert again.rows[1].n == 300 and set(again.look.p_values) == {("r0", "sw")}
    everything = decided(home, "look-2", of, looks=(first.look,))
    assert everything.rows[3].n != again.rows[3].n
    assert again.rows[1].p_meets == everything.rows[1].p_meets > decided(home, "look-2", of).rows[1].p_meets


def test_what_is_set_beside_english_wants_english_too_and_a_worst_language_all(home: Home) -> None:
    gap = policy({"quantity": "english_gap", **EACH, "languages": ["sw"], "at_most": 0.2}, min_items=100)
    assert decided(home, "look-1", gap, fraction=0.4).wanting == {("sums", "sw"), ("sums", "en")}
    worst = policy({**ACC, "scope": "worst_language", "at_least": 0.75}, min_items=100)
    first = decided(home, "look-1", worst, fraction=0.4)
    assert first.wanting == {("sums", lang) for lang in ("en", "sw", "th")}
    assert decided(home, "look-2", worst, looks=(first.look,), topped={("sums", "sw")}).rows[0].n == first.rows[0].n


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({**ACC, "languages": ["ja"], "at_least": 0.5}, "asks for language 'ja', which the run does not have"),
        (
            {**ACC, "datasets": ["sum"], "at_least": 0.5},
            "asks for data set 'sum', which the run does not have; did you",
        ),
        ({**ACC, "categories": ["evn"], "at_least": 0.5}, "asks for category 'evn'"),
    ],
)
def test_a_policy_that_does_not_fit_the_run_is_refused(home: Home, rule: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        decided(home, "same", policy(rule))


def test_a_baseline_that_was_named_must_exist(home: Home) -> None:
    with pytest.raises(UserError, match="neither a run nor a tag 'prodution'"):
        decided(home, "same", policy(HOLDS), "prodution")
    found = decided(home, "same", policy(HOLDS, baseline="production"))
    assert "no run carries the tag 'production'" in found.rows[0].reason


def test_markdown_keeps_what_models_write_out_of_the_markup(home: Home) -> None:
    text = markdown(decided(home, "worse-sw", policy({**HOLDS, "why": "a <b> | c"}), "base"))
    assert text.startswith("## NO-GO: small (run worse-sw) must not ship")
    assert "a &lt;b> \\| c" in text and "`babelgate sql failures" in text and "<details>" in text
