"""Consistency over parallel items: small tables whose answers can be counted by hand, and the degenerate ones."""

import pytest
from statsmodels.stats.proportion import proportion_confint

from tasks.consistency import (
    Consistency,
    ParallelAnswer,
    State,
    canonical_answer,
    consistency,
)
from tasks.schema import Extraction, Item, UserError

GOLD = "1"


def answers(lang: str, values: str, repeat: int = 0) -> list[ParallelAnswer]:
    """One answer a character: '1' is right, another digit wrong, '-' not extracted, 'a' abstained, '!' infra error."""
    states: dict[str, State] = {"-": "extract_fail", "a": "abstain", "!": "infra_error"}
    return [
        ParallelAnswer(
            f"{place:04d}", lang, None if value in states else value, states.get(value, "ok"), value == GOLD, repeat
        )
        for place, value in enumerate(values)
    ]


def table(options: int | None = None, **values: str) -> Consistency:
    return consistency([row for lang, text in values.items() for row in answers(lang, text)], options=options)


# en, th: agree_strict, agree_valid, coverage, transfer, same_wrong, accuracy of th, parity
PAIRS = [
    ("1111", "1111", 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0),
    ("1122", "2211", 0.0, 0.0, 1.0, 0.0, 0.0, 0.5, 1.0),  # parity is blind: no item agrees
    ("1122", "1122", 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 1.0),
    ("1123", "1132", 0.5, 0.5, 1.0, 1.0, 0.0, 0.5, 1.0),
    ("11-1", "11--", 0.5, 1.0, 0.5, 2 / 3, 0.0, 0.5, 0.75),  # missing in both is a disagreement
    ("111a", "11a1", 0.5, 1.0, 0.5, 2 / 3, 0.0, 0.75, 1.0),
    ("1!11", "1111", 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0),
    ("1111", "11!2", 2 / 3, 2 / 3, 1.0, 2 / 3, 0.0, 2 / 3, 2 / 3),
    ("2222", "2222", 1.0, 1.0, 1.0, None, 1.0, 0.0, 1.0),
    ("----", "1111", 0.0, None, 0.0, None, 0.0, 1.0, 0.0),
    ("!!!!", "1111", None, None, None, None, None, None, None),
]


@pytest.mark.parametrize(("en", "th", "strict", "valid", "coverage", "transfer", "wrong", "accuracy", "parity"), PAIRS)
def test_two_languages(
    en: str, th: str, strict: float, valid: float, coverage: float, transfer: float, wrong: float,
    accuracy: float, parity: float,
) -> None:  # fmt: skip
    (found,) = table(en=en, th=th).languages
    rates = (found.agree_strict, found.agree_valid, found.coverage, found.transfer, found.same_wrong, found.accuracy)
    expected = (strict, valid, coverage, transfer, wrong, accuracy)
    for rate, value in zip((*rates, found.accuracy_parity), (*expected, parity), strict=True):
        assert rate.value == (None if value is None else pytest.approx(value))
        assert (rate.reason == "") == (value is not None)


def test_infra_errors_leave_the_denominator_and_are_counted() -> None:
    whole = table(en="1!11", th="11!1")
    (found,) = whole.languages
    assert (found.agree_strict.n, found.infra_errors, whole.infra_errors, whole.items) == (2, 1, 2, 4)


def test_an_item_that_a_language_does_not_have_is_no_parallel_item() -> None:
    (found,) = table(en="1111", th="11").languages
    assert found.agree_strict.n == 2


# accuracy of both, number of options, chance floor
FLOORS = [
    ("1111", "1111", None, 1.0),
    ("1122", "1212", None, 0.25),
    ("1122", "1212", 2, 0.5),
    ("1122", "1212", 4, 0.25 + 0.25 / 3),
    ("1122", "1212", 1, 0.25),
    ("11--", "1212", 4, 0.25),  # no answer cannot agree by chance
]


@pytest.mark.parametrize(("en", "th", "options", "floor"), FLOORS)
def test_chance_floor(en: str, th: str, options: int | None, floor: float) -> None:
    (found,) = table(options=options, en=en, th=th).languages
    assert found.chance_floor.value == pytest.approx(floor)


def test_the_worst_language_and_its_ties_are_named() -> None:
    found = table(en="1111", th="1122", sw="2211", zh="1112")
    assert found.worst == ("sw", "th")
    assert found.worst_agree_strict.value == 0.5
    assert table(en="11", th="11", sw="12").worst == ("sw",)


def test_overall_numbers() -> None:
    found = table(en="1111", th="1122", sw="1112")
    assert found.agree_strict.value == pytest.approx((0.5 + 0.75) / 2)
    assert found.pairwise.value == pytest.approx((0.5 + 0.75 + 0.75) / 3)
    assert found.pairwise.n == 3
    assert found.agree_strict.lo is not None and found.agree_strict.hi is not None
    assert found.agree_strict.lo <= 0.625 <= found.agree_strict.hi


def test_alpha_of_the_textbook() -> None:
    """Krippendorff 2011, 'Computing Krippendorff's alpha-reliability', example C: nominal, missing data, 0.743."""
    rows = {"A": "123321412---", "B": "1233224125-3", "C": "-3332342251-", "D": "12332441251-"}
    found = consistency([row for lang, text in rows.items() for row in answers(lang, text)], pivot="A")
    assert (found.alpha.value, found.alpha.n) == (pytest.approx(0.743, abs=5e-4), 11)


@pytest.mark.parametrize(
    ("en", "th", "value", "reason"),
    [
        ("1111", "1111", None, "every answer is the same"),
        ("1122", "1122", 1.0, ""),
        ("12", "--", None, "no item is answered in two languages"),
        ("12-", "1-2", None, "every answer is the same"),
    ],
)
def test_alpha_where_it_is_degenerate(en: str, th: str, value: float | None, reason: str) -> None:
    alpha = table(en=en, th=th).alpha
    assert alpha.value == value
    assert alpha.reason.startswith(reason)


def test_one_language_only() -> None:
    found = table(en="1111")
    assert (found.languages, found.worst, found.agree_strict.value) == ((), (), None)
    assert found.agree_strict.reason == "no second language"


def test_the_interval_is_wilsons() -> None:
    (found,) = table(en="1" * 200, th="1" * 162 + "2" * 38).languages
    lo, hi = proportion_confint(162, 200, method="wilson")
    assert (found.agree_strict.lo, found.agree_strict.hi) == (pytest.approx(lo), pytest.approx(hi))


def test_two_wrong_free_answers_are_left_to_a_judge() -> None:
    found = consistency(answers("en", "12") + answers("th", "13"), free_text=True)
    assert found.same_wrong.value is None
    assert found.same_wrong.reason == "two wrong free answers need a judge"


def test_repeats_pair_with_repeats() -> None:
    rows = answers("en", "11") + answers("en", "22", repeat=1) + answers("th", "11") + answers("th", "21", repeat=1)
    found = consistency(rows)
    assert found.languages[0].agree_strict.value == 0.75
    assert found.items == 2


def test_bad_input() -> None:
    with pytest.raises(UserError, match="item '0000' has two answers in 'en', repeat 0"):
        consistency(answers("en", "1") + answers("en", "1"))
    with pytest.raises(UserError, match="no answers in 'en' to compare with"):
        consistency(answers("th", "1"))


def item(kind: str, lang: str, labels: tuple[str, ...] = ()) -> Item:
    return Item("d", "1", lang, "1", "1", "1", kind, "?", ("x",), labels=labels)  # type: ignore[arg-type]


def found(value: str | None, state: str = "found") -> Extraction:
    return Extraction(state, value, "m", True)  # type: ignore[arg-type]


CANONICAL = [
    (item("math", "th"), found("18"), True, "18"),
    (item("choice", "th", ("ก", "ข")), found("ข"), True, "1"),
    (item("choice", "en", ("A", "B")), found("B"), False, "1"),
    (item("nli", "zh", ("是", "不是")), found("不是"), True, "1"),
    (item("qa", "zh"), found("北京"), True, "gold"),
    (item("qa", "zh"), found("上海"), False, "zh: 上海"),
    (item("math", "th"), found(None, "none"), False, None),
    (item("choice", "th", ("ก", "ข")), found("ก", "ambiguous"), False, None),
]


@pytest.mark.parametrize(("one", "extraction", "correct", "expected"), CANONICAL)
def test_canonical_answers(one: Item, extraction: Extraction, correct: bool, expected: str | None) -> None:
    assert canonical_answer(one, extraction, correct=correct) == expected
