"""Blinded sheets for two annotators: drawn from a run at random or weighted, and read back with their agreement."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from judges.rubric import Rubric, nearest
from tasks.calibrate import Label
from tasks.judge.cascade import Candidate
from tasks.judge.message import language_name
from tasks.schema import UserError, digest
from tasks.stats.agreement import cohens_kappa
from tasks.stats.records import Estimate, no_estimate

PAGE = Path(__file__).parent / "annotate.html"
COLUMNS = ("id", "language", "question", "context", "reference", "answer", "other_answer", "label", "note")
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What annotators see and what they do not: `key` holds the same labels, still empty, with where they come from."""

    csv: str
    html: str
    key: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Labels that both annotators agree on, how far they agree, and the ids on which they do not."""

    labels: tuple[Label, ...]
    kappa: Estimate
    both: int
    disagreed: tuple[str, ...]


def draw(
    rubric: Rubric, candidates: Sequence[Candidate], flagged: Mapping[str, bool], *, run_id: str, count: int, seed: int
) -> tuple[Label, ...]:
    """Up to `count` answers a language, half of them from those that were flagged where `flagged` says so.

    `flagged` maps completion keys to what a judge or a scorer said; empty draws at random. Each label's weight is one
    by its chance of being drawn, without which half of flagged answers would bias every rate.
    """
    by_lang: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_lang.setdefault(candidate.case.lang, []).append(candidate)
    drawn: list[Label] = []
    for _, found in sorted(by_lang.items()):
        strata = [[c for c in found if flagged.get(c.case.completion_key, False) is wanted] for wanted in (True, False)]
        first = min(len(strata[0]), max(count // 2, count - len(strata[1])))
        for stratum, wanted in zip(strata, (first, count - first), strict=True):
            kept = sorted(stratum, key=lambda c: _order(c, seed))[:wanted]
            drawn += [_label(rubric, c, run_id, len(stratum) / len(kept)) for c in kept]
    return tuple(sorted(drawn, key=lambda label: label.id))


def sheet(rubric: Rubric, labels: Sequence[Label]) -> Sheet:
    """A CSV and a page of its own for these answers, without model, verdict or where an answer comes from."""
    rows = [
        {"id": label.id, "language": language_name(label.lang), "question": label.question, "context": label.context,
         "reference": "\n".join(label.gold), "answer": label.answer, "other_answer": label.other_answer}
        for label in labels
    ]  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        texts = [row.get(name, "") for name in COLUMNS]
        writer.writerow([f"'{text}" if text.startswith(_FORMULA) else text for text in texts])
    words = [*rubric.header.verdicts, "cannot_judge"]
    # "<" is all that could end the script element that the texts stand in.
    data = json.dumps({"rubric": rubric.header.title, "words": words, "rows": rows}, ensure_ascii=False).replace(
        "<", "\\u003c"
    )
    return Sheet(out.getvalue(), Template(PAGE.read_text(encoding="utf-8")).substitute(data=data), tuple(labels))


def read_back(rubric: Rubric, key: Sequence[Label], sheets: Sequence[tuple[Path, str]]) -> ReadBack:
    """The labels of one or two filled sheets; with two, only those on which both agree, and their κ.

    UserError: an id that the key does not have, a word that the rubric does not have, nothing filled in.
    """
    filled = [_filled(rubric, {label.id for label in key}, path, text) for path, text in sheets]
    shared = sorted(set.intersection(*(set(found) for found in filled)))
    if not shared:
        raise UserError(f"{', '.join(str(path) for path, _ in sheets)}: no answer has a label in every sheet")
    agreed = {name: filled[0][name] for name in shared if len({found[name] for found in filled}) == 1}
    labels = tuple(
        label.model_copy(update={"label": agreed[label.id], "source": "human"})
        for label in key
        if agreed.get(label.id, "cannot_judge") in rubric.header.verdicts
    )
    return ReadBack(
        labels, _agreement(rubric, filled, shared), len(shared), tuple(n for n in shared if n not in agreed)
    )


def _agreement(rubric: Rubric, filled: Sequence[Mapping[str, str]], shared: Sequence[str]) -> Estimate:
    if len(filled) < 2:
        return no_estimate("one annotator agrees with nobody", "κ")
    words = [*rubric.header.verdicts, "cannot_judge"]
    pairs = [(filled[0][name], filled[1][name]) for name in shared]
    return cohens_kappa([[pairs.count((a, b)) for b in words] for a in words])


def _filled(rubric: Rubric, known: set[str], path: Path, text: str) -> dict[str, str]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    lacking = [name for name in ("id", "label") if name not in (reader.fieldnames or ())]
    if lacking:
        raise UserError(f"{path}: the column '{lacking[0]}' is missing")
    found: dict[str, str] = {}
    for row in reader:
        name, word = (row["id"] or "").strip(), (row["label"] or "").strip()
        if not word:
            continue
        if name not in known:
            raise UserError(f"{path}: the id '{name}' is not in the key of this sheet{nearest(name, known)}")
        if word not in (*rubric.header.verdicts, "cannot_judge"):
            raise UserError(f"{path}: '{word}' is no verdict of '{rubric.name}'{nearest(word, rubric.header.verdicts)}")
        found[name] = word
    return found


def _label(rubric: Rubric, candidate: Candidate, run_id: str, weight: float) -> Label:
    case, other = candidate.case, candidate.case.other
    needs = rubric.header.needs
    name = digest("label", run_id, case.model, case.item.sample_id, case.repeat, rubric.name)[:12]
    return Label(
        id=name, rubric=rubric.name, lang=case.lang, answer=case.answer, label="", source="human", weight=weight,
        question=case.item.question if "question" in needs else "",
        context=case.item.context if "context" in needs else "",
        gold=case.item.gold if "gold" in needs else (), other_answer=other.answer if other else "",
        other_lang=other.lang if other else "", run_id=run_id, model=case.model, dataset=case.item.dataset,
        sample_id=str(case.item.sample_id), repeat=case.repeat,
    )  # fmt: skip


def _order(candidate: Candidate, seed: int) -> str:
    case = candidate.case
    return hashlib.sha256(f"{seed} {case.model} {case.item.sample_id} {case.repeat}".encode()).hexdigest()
