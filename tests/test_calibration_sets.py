"""The shipped calibration sets: large enough, balanced, readable, and made of their sources byte for byte."""

import importlib.util
from collections import Counter
from pathlib import Path

import pytest

from judges.rubric import FOLDER, load_rubric
from tasks.calibrate import label_case, read_labels
from tasks.judge.message import judge_messages
from tasks.languages import LANGUAGES

ROOT = Path(__file__).parent.parent
SETS = {"code_switching": (15, 63, 30), "grammar": (13, 60, 30), "locale_facts": (5, 40, 20)}


@pytest.mark.parametrize(("name", "sizes"), SETS.items())
def test_size_balance_and_rendering(name: str, sizes: tuple[int, int, int]) -> None:
    rubric = load_rubric(name)
    labels = read_labels(FOLDER / "calibration" / f"{name}.jsonl", rubric)
    languages, items, bad = sizes
    assert Counter(label.lang for label in labels) == dict.fromkeys({label.lang for label in labels}, items)
    assert len({label.lang for label in labels}) == languages and {label.lang for label in labels} <= LANGUAGES.keys()
    assert set(Counter(label.lang for label in labels if label.label == "yes").values()) == {bad}
    assert {label.source for label in labels} == {"authored"}
    assert len({(label.lang, label.question, label.answer) for label in labels}) == len(labels)
    assert all(label.defect for label in labels if label.label == "yes")
    for label in labels:
        _, user = judge_messages(rubric, label_case(label))
        assert label.answer in user.content and label.id not in user.content


def test_the_files_are_what_their_sources_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("render", ROOT / "scripts" / "render_calibration.py")
    assert spec and spec.loader
    render = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(render)
    made: dict[str, list[dict]] = {}
    monkeypatch.setattr(render, "write", lambda name, rows: made.update({name: rows}))
    render.main()
    for name, rows in made.items():
        shipped = (FOLDER / "calibration" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        assert [render.json.dumps(row, ensure_ascii=False) for row in rows] == shipped
    assert made.keys() == SETS.keys()
