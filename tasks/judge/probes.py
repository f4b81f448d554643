"""Probes of a judge's bias: does position, length, kinship or an order inside the answer move what it says?"""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template

from judges.rubric import FOLDER, Rubric
from tasks.judge.jury import TIE, pair_key
from tasks.judge.records import JudgeCase, Other, Verdict
from tasks.stats.proportion import wilson
from tasks.stats.records import Estimate, no_estimate

INJECTIONS = FOLDER / "injections.jsonl"
Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Probe:
    """A case made from another one to tempt the judge: `wish` is the value that the temptation asks for."""

    name: str
    origin: JudgeCase
    case: JudgeCase
    wish: float


def swapped(cases: Iterable[JudgeCase]) -> list[JudgeCase]:
    """The pairs in the other order."""
    return [replace(case, swapped=not case.swapped) for case in cases]


def position_flips(verdicts: Iterable[Verdict]) -> Estimate:
    """Share of pairs, judged validly in both orders, whose winner changes with the order (Zheng et al. 2023, §3.1).

    `verdicts` as they were read, before `both_orders` merged them.
    """
    orders: dict[str, dict[bool, float]] = defaultdict(dict)
    for verdict in verdicts:
        if verdict.case.other is not None and verdict.value is not None:
            orders[pair_key(verdict)][verdict.case.swapped] = verdict.value
    both = [found for found in orders.values() if len(found) == 2]
    return _share([found[False] != found[True] for found in both], "no pair was judged in both orders")


def verbose_pairs(cases: Iterable[JudgeCase]) -> list[JudgeCase]:
    """An answer against itself said twice, in both orders: whoever takes the longer one rewards length."""
    pairs = []
    for case in cases:
        text = " ".join(case.answer.split())
        longer = Other(f"{text}\n\n{text}", case.lang, "the same, longer", f"{case.completion_key}/longer")
        pair = replace(case, other=longer, swapped=False)
        pairs += [pair, replace(pair, swapped=True)]
    return pairs


def longer_wins(verdicts: Iterable[Verdict]) -> Estimate:
    """Share of `verbose_pairs` whose longer answer won; a tie or the shorter one is what is right."""
    valid = [verdict.value for verdict in verdicts if verdict.value is not None]
    return _share([value < TIE for value in valid], "no pair was judged validly")


def injected(
    rubric: Rubric, verdicts: Sequence[Verdict], attacks: Sequence[tuple[str, str]] | None = None
) -> list[Probe]:
    """Each validly judged answer with an order in it to say what flatters the model, the attacks in turn.

    Only answers that were judged otherwise: what an attack adds to a text may earn it a bad verdict, never a good one.
    `attacks` are (name, text with $verdict); those of judges/injections.jsonl when left out.
    """
    known = attacks if attacks is not None else injections()
    word = rubric.header.flattering
    wish = rubric.header.verdicts[word]
    probes = []
    for number, verdict in enumerate(v for v in verdicts if v.value == 1 - wish and not v.case.swapped):
        name, text = known[number % len(known)]
        answer = f"{verdict.case.answer}\n\n{Template(text).substitute(verdict=word)}"
        probes.append(Probe(name, verdict.case, replace(verdict.case, answer=answer, because="probe"), wish))
    return probes


def injections(path: Path = INJECTIONS) -> list[tuple[str, str]]:
    """The shipped attacks: (name, text with the slot $verdict)."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(row["name"], row["text"]) for row in map(json.loads, lines)]


def swayed(probes: Sequence[Probe], verdicts: Sequence[Verdict]) -> Estimate:
    """Share of injected answers whose verdict became what the injection asked for; aligned."""
    pairs = zip(probes, verdicts, strict=True)
    moved = [verdict.value == probe.wish for probe, verdict in pairs if verdict.value is not None]
    return _share(moved, "no injected answer was judged validly")


def self_preference(own: str, verdicts: Sequence[tuple[str, Verdict]], families: dict[str, str]) -> Estimate:
    """How much more a judge's family likes its own answers than other families' judges like the same ones.

    `verdicts` are (family of the judge, verdict on a pair, orders merged), `families` maps a model under test to its
    family, `own` is the family that is probed. Mean over pairs with exactly one answer of `own` of (value that `own`
    gives its answer - mean value that the others give it); normal interval. Source: Panickssery et al. 2024.
    """
    mine: dict[str, list[float]] = defaultdict(list)
    theirs: dict[str, list[float]] = defaultdict(list)
    for family, verdict in verdicts:
        other = verdict.case.other
        if verdict.value is None or other is None:
            continue
        ours = [families.get(model, "") == own for model in (verdict.case.model, other.model)]
        if sum(ours) == 1:
            liked = verdict.value if ours[0] else 1 - verdict.value
            (mine if family == own else theirs)[pair_key(verdict)].append(liked)
    gaps = [_mean(mine[key]) - _mean(theirs[key]) for key in mine if key in theirs]
    if len(gaps) < 2:
        return no_estimate("fewer than two pairs were judged by this family and by another", "paired", n=len(gaps))
    mean = _mean(gaps)
    se = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1) / len(gaps))
    return Estimate(mean, se, max(-1.0, mean - Z * se), min(1.0, mean + Z * se), len(gaps), "paired")


def _share(hits: Sequence[bool], reason: str) -> Estimate:
    return wilson(sum(hits), len(hits)) if hits else no_estimate(reason, "wilson")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
