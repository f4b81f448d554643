"""Sheets for annotators: what they show and hide, what weights they carry, and what is read back."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from judges.rubric import load_rubric
from tasks.annotate import draw, read_back, sheet
from tasks.judge.cascade import Candidate
from tasks.judge.records import JudgeCase
from tasks.metrics import Case
from tasks.schema import Item, UserError

RUBRIC = load_rubric("code_switching")


def candidate(number: int, answer: str = "", lang: str = "de") -> Candidate:
    item = Item("d", "1", lang, f"i{number}", f"p{number}", f"c{number}", "open", f"Frage {number}?", ("x",))
    return Candidate(
        JudgeCase(item, answer or f"Antwort {number}", lang, "secret-model", f"key{number}"), Case("open", lang, "")
    )


MANY = [candidate(n) for n in range(100)]


def test_a_random_draw_has_equal_weights_and_is_drawn_again() -> None:
    labels = draw(RUBRIC, MANY, {}, run_id="r", count=20, seed=1)
    assert len(labels) == 20 and {label.weight for label in labels} == {5.0}
    assert labels == draw(RUBRIC, MANY, {}, run_id="r", count=20, seed=1)
    assert {x.id for x in labels} != {x.id for x in draw(RUBRIC, MANY, {}, run_id="r", count=20, seed=2)}


@pytest.mark.parametrize(
    ("flags", "count", "weights"),
    [(20, 20, {2.0: 10, 8.0: 10}), (4, 20, {1.0: 4, 6.0: 16}), (95, 20, {95 / 15: 15, 1.0: 5})],
)
def test_half_are_taken_from_what_was_flagged(flags: int, count: int, weights: dict[float, int]) -> None:
    flagged = {f"key{n}": n < flags for n in range(100)}
    labels = draw(RUBRIC, MANY, flagged, run_id="r", count=count, seed=1)
    assert sum(label.weight for label in labels) == pytest.approx(100)
    assert len(labels) == count
    assert {w: [x.weight for x in labels].count(w) for w in weights} == weights


def test_a_sheet_is_blind_and_its_texts_are_only_texts() -> None:
    attack = '</script><script>alert(1)</script> =HYPERLINK("x")'
    cases = [candidate(1, attack), candidate(2, "=1+1"), candidate(3, "نص عربي")]
    made = sheet(RUBRIC, draw(RUBRIC, cases, {}, run_id="run-7", count=9, seed=0))
    for hidden in ("secret-model", "run-7", "key1", str(cases[0].case.item.sample_id)):
        assert hidden not in made.csv and hidden not in made.html
    assert made.html.count("</script>") == 2
    data = re.search(r'application/json">(.*?)</script>', made.html, re.DOTALL)
    assert data
    document = json.loads(data.group(1))
    assert {row["answer"] for row in document["rows"]} == {attack, "=1+1", "نص عربي"}
    assert document["words"] == ["yes", "no", "cannot_judge"]
    rows = list(csv.DictReader(io.StringIO(made.csv)))
    assert sorted(row["answer"] for row in rows) == sorted([attack, "'=1+1", "نص عربي"])
    assert "http" not in re.sub(r"<script id=.*?</script>", "", made.html, flags=re.DOTALL)


def filled(labels, words: list[str]) -> str:
    return "id,label\n" + "".join(f"{x.id},{word}\n" for x, word in zip(labels, words, strict=True))


def test_two_annotators_are_read_back() -> None:
    key = draw(RUBRIC, MANY, {}, run_id="r", count=10, seed=1)
    first = ["yes"] * 4 + ["no"] * 5 + [""]
    second = ["yes"] * 3 + ["no"] * 5 + ["cannot_judge", "yes"]
    found = read_back(RUBRIC, key, [(Path("a"), filled(key, first)), (Path("b"), "\ufeff" + filled(key, second))])
    assert [x.label for x in found.labels] == ["yes"] * 3 + ["no"] * 4
    assert (found.both, found.disagreed) == (9, (key[3].id, key[8].id))
    # p_o = 7/9; p_e = (4·3 + 5·5 + 0·1)/81
    assert found.kappa.value == pytest.approx((7 / 9 - 37 / 81) / (1 - 37 / 81))
    assert {x.source for x in found.labels} == {"human"} and {x.run_id for x in found.labels} == {"r"}
    alone = read_back(RUBRIC, key, [(Path("a"), filled(key, first))])
    assert (len(alone.labels), alone.kappa.value) == (9, None)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id,lable\nx,yes\n", "a.csv: the column 'label' is missing"),
        ("id,label\nx,yes\n", "a.csv: the id 'x' is not in the key of this sheet"),
        ("id,label\n{id},yess\n", "a.csv: 'yess' is no verdict of 'code_switching'; did you mean 'yes'?"),
        ("id,label\n{id},\n", "no answer has a label in every sheet"),
    ],
)
def test_a_wrong_sheet_is_one_sentence(text: str, sentence: str) -> None:
    key = draw(RUBRIC, MANY, {}, run_id="r", count=3, seed=1)
    with pytest.raises(UserError) as caught:
        read_back(RUBRIC, key, [(Path("a.csv"), text.replace("{id}", key[0].id))])
    assert sentence in str(caught.value)
