"""What a judge gets to see: all or a share of what the deterministic scorers leave open, an audit sample of the rest.

Every answer is sent with a known probability above zero, and its weight is one by that. Weighted rates are then
unbiased (Horvitz & Thompson 1952), and the audit shows where the scorers themselves are wrong.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from judges.rubric import Rubric
from tasks.judge.records import JudgeCase
from tasks.metrics import Case
from tasks.metrics.refusal import refusal_phrase
from tasks.schema import digest

# A run of English words is a switch from a score of 3 on; from 4 on nobody doubts it.
SURE_RUN = 4.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer that may be sent, with what the deterministic scorers know of it, and of the second one of a pair."""

    case: JudgeCase
    known: Case
    other: Case | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """What is sent, and how much was there: `open` left open by the scorers, `settled` by them."""

    cases: tuple[JudgeCase, ...]
    open: int
    settled: int

    @property
    def share_sent(self) -> float | None:
        total = self.open + self.settled
        return len(self.cases) / total if total else None


def select(rubric: Rubric, candidates: Sequence[Candidate], *, share: float, audit: float, seed: int) -> Selection:
    """Draw what is sent: of open answers `share`, of settled ones `audit`; the same seed draws the same."""
    why_open = OPEN.get(rubric.name, _no_scorer)
    sent, open_count = [], 0
    for candidate in candidates:
        because = why_open(candidate)
        probability = share if because else audit
        open_count += bool(because)
        if _chance(rubric, candidate.case, seed) < probability:
            sent.append(replace(candidate.case, because=because or "audit", weight=1 / probability))
    return Selection(tuple(sent), open_count, len(candidates) - open_count)


def _near_threshold(candidate: Candidate) -> str:
    """Runs of English just under the threshold or little above it; a text too short to tell its language."""
    report = candidate.known.language
    if report is None or report.code_switch is None or report.wrong_language is None:
        return "undetermined"
    doubtful = any(span.kind == "english" and span.score < SURE_RUN for span in report.spans)
    return "near_threshold" if report.near or doubtful else ""


def _no_exact_match(candidate: Candidate) -> str:
    return "" if _matches(candidate.known) else "no_exact_match"


def _both_miss_gold(candidate: Candidate) -> str:
    """Two wrong answers may be one and the same; where a gold answer is given, the scorers know."""
    if _matches(candidate.known) or (candidate.other is not None and _matches(candidate.other)):
        return ""
    return "both_miss_gold"


def _no_refusal_phrase(candidate: Candidate) -> str:
    return "" if refusal_phrase(candidate.known.text, candidate.known.lang) else "no_refusal_phrase"


def _no_scorer(candidate: Candidate) -> str:
    return "no_scorer"


OPEN: dict[str, Callable[[Candidate], str]] = {
    "code_switching": _near_threshold,
    "answer_correctness": _no_exact_match,
    "equivalence": _both_miss_gold,
    "refusal": _no_refusal_phrase,
}
"""Rubric → why an answer is still open, empty where the deterministic scorers settle it. Others have no scorer."""


def _matches(known: Case) -> bool:
    """Equal to a gold answer, as the answer read or word for word."""
    if known.match is not None and known.match.strict is not None:
        return known.match.strict
    return " ".join(known.answer.split()) in {" ".join(gold.split()) for gold in known.gold}


def _chance(rubric: Rubric, case: JudgeCase, seed: int) -> float:
    """A number from 0 to 1 that follows from what is judged, so that the same sample is drawn again."""
    other = (case.other.model, case.other.lang) if case.other else ()
    drawn = digest("cascade", seed, rubric.name, case.model, case.item.sample_id, case.repeat, other)
    return int(drawn[:13], 16) / 16**13
