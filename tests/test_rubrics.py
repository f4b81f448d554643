"""Rubrics: every shipped one reads, and every way to write one wrong is one sentence."""

import json
from pathlib import Path

import pytest

from judges.rubric import FOLDER, RubricError, load_rubric, read_rubric, rubric_names

SHIPPED = {
    "code_switching", "grammar", "locale_facts", "equivalence", "answer_correctness", "groundedness", "refusal",
    "pairwise_preference",
}  # fmt: skip
SOUND = (FOLDER / "code_switching.md").read_text(encoding="utf-8")


def test_the_shipped_rubrics_are_these() -> None:
    assert set(rubric_names()) == SHIPPED


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_shipped_rubric_is_sound(name: str) -> None:
    rubric = load_rubric(name)
    schema = rubric.schema()
    assert rubric.name == name
    assert schema["required"] == ["evidence", "verdict", "confidence"]
    assert list(schema["properties"]) == schema["required"]  # type: ignore[call-overload]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["evidence"]["maxItems"] == 5  # type: ignore[index]
    assert schema["properties"]["verdict"]["enum"] == [*rubric.header.verdicts, "cannot_judge"]  # type: ignore[index]
    values = [rubric.header.verdicts[example.verdict] for example in rubric.header.examples]
    assert values.count(1) >= 1 and values.count(0) >= 1


def test_the_hash_follows_the_text() -> None:
    changed = read_rubric(SOUND.replace("exacting linguist", "strict linguist"), "x.md")
    assert changed.sha256 != load_rubric("code_switching").sha256


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("max_tokens: 400", "max_token: 400", "unknown key 'max_token'; did you mean 'max_tokens'?"),
        ('version: "1"\n', "", "the key 'version' is missing"),
        ("---\nname", "name", "begins with a header between two lines of '---'"),
        ("kind: absolute", "kind: absolut", "kind: input should be 'absolute' or 'pairwise'"),
        ("needs: [answer]", "needs: [answer, gold]", "needs 'gold' but its data has no slot '$gold'"),
        ("needs: [answer]", "needs: [answers]", "needs.0: input should be"),
        ("\n<!-- data -->\n", "\n", "needs a line '<!-- data -->'"),
        ("$rules", "", "lacks the slot '$rules'"),
        ("$rules", "$rules $answer", "the instruction has no slot '$answer'"),
        ("\n$answer\n", "\n$answr\n", "the data has no slot '$answr'; did you mean 'answer'?"),
        ("exacting linguist", "exacting 5 $ linguist", "write '$$' for a dollar sign"),
        ('verdicts: {"yes": 1, "no": 0}', 'verdicts: {"yes": 1, "no": 1}', "verdicts need a 1 and a 0"),
        ('verdicts: {"yes": 1, "no": 0}', 'verdicts: {"yes": 1, "no": 0, "cannot_judge": 0}', "is always allowed"),
        ("max_tokens: 400", "max_tokens: 400\nmax_quotes: 0", "'yes' must be quoted for, but max_quotes is 0"),
        ('must_quote: ["yes"]', 'must_quote: ["yess"]', "unknown verdict 'yess'; did you mean 'yes'?"),
        ('["because of the drought"]', '["because of a drought"]', "example 3 quotes 'because of a drought'"),
        ('quotes: ["because of the drought"]', "quotes: []", "example 3 says 'yes' without a quote"),
    ],
)
def test_a_wrong_rubric_is_one_sentence(old: str, new: str, sentence: str) -> None:
    assert old in SOUND
    with pytest.raises(RubricError) as caught:
        read_rubric(SOUND.replace(old, new, 1), "mine.md")
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("mine.md: ") and "\n" not in str(caught.value)


def test_unknown_names_say_what_is_near(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match="did you mean 'grammar'"):
        load_rubric("gramar")
    with pytest.raises(RubricError, match="cannot be read"):
        load_rubric(str(tmp_path / "nosuch.md"))


def test_a_schema_is_json() -> None:
    assert json.loads(json.dumps(load_rubric("grammar").schema()))["type"] == "object"
