"""Has judges read a run's stored answers; verdicts are added as rows, nothing is generated or overwritten."""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from judges.rubric import Rubric
from tasks.judge.asking import Bench, Judged, judge_cases
from tasks.judge.cascade import select
from tasks.judge.jury import both_orders, jury_verdicts
from tasks.judge.probes import position_flips, swapped
from tasks.judge.records import Verdict
from tasks.judge_stored import docket
from tasks.land_judge import land_verdicts
from tasks.plan import Shard
from tasks.runs import RunRecord
from tasks.schema import digest
from tasks.stats.records import Estimate


@dataclass(frozen=True, slots=True)
class Cascade:
    """What the cascade did: answers left open or settled by the scorers, and how many of both were sent."""

    open: int
    settled: int
    sent: int
    left_out: int

    @property
    def share_sent(self) -> float:
        return self.sent / (self.open + self.settled)


@dataclass(frozen=True, slots=True)
class Cost:
    """What the verdicts took; `cached` of them were known before. Tokens are None where the server counts none."""

    requests: int
    cached: int
    prompt_tokens: int | None
    completion_tokens: int | None
    usd: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Sitting:
    """What came of one judge under one rubric; `stopped` says why it ended early, `batch` where its rows are."""

    judge: str
    family: str
    fingerprint: str
    rubric: str
    batch: str
    cascade: Cascade
    cost: Cost
    statuses: Mapping[str, int]
    position_flips: Estimate | None
    stopped: str
    verdicts: tuple[Verdict, ...] = field(repr=False)

    @property
    def saved_tokens(self) -> int | None:
        """Tokens of the answers that were not sent, at the mean of those that were; None where nothing was counted."""
        counts = [(v.prompt_tokens, v.completion_tokens) for v in self.verdicts]
        known = [given + got for given, got in counts if given is not None and got is not None]
        spared = self.cascade.open + self.cascade.settled - self.cascade.sent
        return round(sum(known) / len(known) * spared) if known else None


async def sit(home: Path, run: RunRecord, bench: Bench, rubric: Rubric, *, against: str = "") -> Sitting:
    """One judge, one rubric, all of a run's stored answers: select, ask, land what came.

    UserError: nothing that the rubric applies to. EngineError: the judge cannot be asked.
    """
    began = time.monotonic()
    judge = bench.judge
    found = docket(home, run, judge, rubric, against=against)
    chosen = select(rubric, found.candidates, share=judge.share, audit=judge.audit, seed=run.suite.seed)
    # In an order that says nothing, so that a budget which ends early leaves a random part.
    cases = sorted(chosen.cases, key=lambda case: digest(case.completion_key, case.item.sample_id, case.repeat))
    if rubric.header.kind == "pairwise":
        cases = [order for case in cases for order in (case, *swapped([case]))]
    judged = await judge_cases(bench, rubric, cases, run_id=run.run_id)
    verdicts = both_orders(judged.verdicts)
    batch = f"judge-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    _land(home, run, verdicts, rubric, judge=judge.model.name, fingerprint=bench.endpoint.fingerprint, batch=batch)
    return Sitting(
        judge=judge.model.name, family=judge.model.family, fingerprint=bench.endpoint.fingerprint, rubric=rubric.name,
        batch=batch, cascade=Cascade(chosen.open, chosen.settled, len(chosen.cases), found.left_out),
        cost=_cost(judged, time.monotonic() - began),
        statuses=Counter(verdict.status for verdict in verdicts),
        position_flips=position_flips(judged.verdicts) if rubric.header.kind == "pairwise" else None,
        stopped=judged.stopped, verdicts=verdicts,
    )  # fmt: skip


def land_jury(home: Path, run: RunRecord, rubric: Rubric, sittings: Sequence[Sitting]) -> int:
    """Write a jury's verdicts where judges of two families or more read the same answers; returns how many."""
    verdicts = jury_verdicts(rubric, [(sitting.family, sitting.verdicts) for sitting in sittings])
    members = digest("jury", sorted(sitting.fingerprint for sitting in sittings))
    batch = f"judge-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    _land(home, run, verdicts, rubric, judge="jury", fingerprint=members, batch=batch)
    return len(verdicts)


def _land(
    home: Path, run: RunRecord, verdicts: Sequence[Verdict], rubric: Rubric, *,
    judge: str, fingerprint: str, batch: str,
) -> None:  # fmt: skip
    by_shard: dict[Shard, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        item = verdict.case.item
        by_shard[Shard(verdict.case.model, item.dataset, item.lang)].append(verdict)
    for shard, own in by_shard.items():
        land_verdicts(
            home, run.run_id, shard, own, rubric, judge=judge, fingerprint=fingerprint, batch=f"{batch}-{rubric.name}"
        )


def _cost(judged: Judged, seconds: float) -> Cost:
    def total(name: str) -> float | None:
        counts = [getattr(verdict, name) for verdict in judged.verdicts]
        return None if not counts or None in counts else sum(counts)

    given, got = total("prompt_tokens"), total("completion_tokens")
    return Cost(
        judged.requests, judged.cached, None if given is None else int(given), None if got is None else int(got),
        total("cost_usd"), seconds,
    )  # fmt: skip
