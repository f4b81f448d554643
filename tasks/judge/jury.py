"""Several judges on one answer: one vote a family, the majority decides; both orders of a pair must agree."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from judges.rubric import Rubric
from tasks.judge.records import Verdict
from tasks.schema import digest

TIE = 0.5


@dataclass(frozen=True, slots=True)
class Vote:
    """A valid verdict's value and the family of the judge that gave it."""

    family: str
    value: float


def majority(votes: Iterable[Vote]) -> float | None:
    """The value that most families give, 0.5 where they are divided, None without a vote.

    A family has one vote, the majority of its own judges: three sizes of one model are one opinion.
    """
    by_family: dict[str, list[float]] = defaultdict(list)
    for vote in votes:
        by_family[vote.family].append(vote.value)
    return _most([_most(values) for values in by_family.values()]) if by_family else None


def _most(values: Sequence[float]) -> float:
    yes, no = sum(value > TIE for value in values), sum(value < TIE for value in values)
    ties = len(values) - yes - no
    if yes > no and yes > ties:
        return 1.0
    return 0.0 if no > yes and no > ties else TIE


def both_orders(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Pairs that were shown in both orders: the first order carries what both agree on, else a tie; the second None.

    So each pair counts once. A pair with one order unreadable keeps no value: half of it would carry the position's
    bias. Verdicts that are not about pairs come back as they are.
    """
    listed = list(verdicts)
    orders: dict[str, dict[bool, Verdict]] = defaultdict(dict)
    for verdict in listed:
        if verdict.case.other is not None:
            orders[pair_key(verdict)][verdict.case.swapped] = verdict
    merged = []
    for verdict in listed:
        found = orders[pair_key(verdict)] if verdict.case.other is not None else {}
        if True not in found:
            merged.append(verdict)
            continue
        value = None if verdict.case.swapped else _agreed(found)
        reason = "" if value is not None or verdict.case.swapped else "the other order has no valid verdict"
        merged.append(replace(verdict, value=value, error=verdict.error or reason))
    return tuple(merged)


def pair_key(verdict: Verdict) -> str:
    """What both orders of a pair have in common."""
    case, other = verdict.case, verdict.case.other
    return digest(
        case.completion_key, case.model, case.item.sample_id, case.repeat, case.lang, case.answer,
        (other.completion_key, other.model, other.lang, other.answer) if other else (),
    )  # fmt: skip


def _agreed(orders: dict[bool, Verdict]) -> float | None:
    values = [orders[swapped].value for swapped in (False, True) if swapped in orders]
    if len(values) < 2 or any(value is None for value in values):
        return None
    return values[0] if values[0] == values[1] else TIE


def jury_verdicts(rubric: Rubric, by_judge: Sequence[tuple[str, Sequence[Verdict]]]) -> tuple[Verdict, ...]:
    """What a jury says of each case; `by_judge` holds (family, that judge's verdicts) over the same cases.

    Only cases that at least two families judged validly have a jury verdict: `cannot_judge` when it is divided on a
    question that has no tie.
    """
    votes: dict[str, list[Vote]] = defaultdict(list)
    first: dict[str, Verdict] = {}
    for family, verdicts in by_judge:
        for verdict in verdicts:
            if verdict.value is not None:
                key = digest(pair_key(verdict), verdict.case.swapped)
                votes[key].append(Vote(family, verdict.value))
                first.setdefault(key, verdict)
    found = []
    for key, cast in votes.items():
        if len({vote.family for vote in cast}) > 1:
            value = majority(cast)
            divided = value == TIE and rubric.header.kind == "absolute"
            found.append(
                replace(
                    first[key],
                    key=digest("jury", key, sorted((v.family, v.value) for v in cast)),
                    status="cannot_judge" if divided else "valid",
                    value=None if divided else value,
                    verdict="divided" if divided else str(value),
                    evidence=(),
                    confidence=None,
                    raw="",
                    prompt_tokens=0,
                    completion_tokens=0,
                    cost_usd=0.0,
                    latency_ms=None,
                    attempts=0,
                    error="the jury is divided" if divided else "",
                )  # fmt: skip
            )
    return tuple(found)
