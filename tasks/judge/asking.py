"""Asks a judge about cases: what it said before is not asked again, what cannot be used once more, within a budget."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from judges.rubric import Rubric
from tasks.budget import Spending, Spent
from tasks.engines import Served
from tasks.engines.throttle import Gate
from tasks.generate import Limits, generate
from tasks.journal import Journal, read
from tasks.judge.message import judge_messages
from tasks.judge.reading import read_verdict, verdict_key
from tasks.judge.records import JudgeCase, Verdict
from tasks.schema import Completion, Endpoint, Request, UserError
from tasks.suite import Judge, Sampling

Number = TypeVar("Number", int, float)
Known = dict[tuple[str, int], Completion]


@dataclass(frozen=True, slots=True)
class Bench:
    """A judge that is up: where it is reached, what it may still cost, and where its replies are kept."""

    judge: Judge
    endpoint: Endpoint
    folder: Path
    gate: Gate
    spending: Spending
    timeout_s: float
    retries: int

    def journal_path(self, rubric: Rubric, run_id: str) -> Path:
        """The replies of one run; those of other runs lie beside it and are read too."""
        return self.folder / self.judge.model.name / rubric.name / f"{run_id}.jsonl"


def bench(
    judge: Judge, served: Served, folder: Path, *, in_flight: int = 8, timeout_s: float = 600, retries: int = 4
) -> Bench:
    """Seat a judge that is up; the limits are the suite's where its model has none of its own.

    UserError: its answers are recorded, so that it cannot be asked.
    """
    if not isinstance(served, Endpoint):
        raise UserError(f"judge '{judge.model.name}' cannot be asked: its answers are recorded")
    gate = Gate(judge.model.in_flight or in_flight)
    spending = Spending(judge.budget, gate, Spent())
    return Bench(judge, served, folder, gate, spending, judge.model.timeout_s or timeout_s, retries)


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts in the order of their cases; fewer than asked for only when `stopped` says why."""

    verdicts: tuple[Verdict, ...]
    requests: int
    cached: int
    stopped: str = ""


async def judge_cases(bench: Bench, rubric: Rubric, cases: Sequence[JudgeCase], *, run_id: str) -> Judged:
    """Verdicts on all cases. An unreadable reply is asked for once more, told what was wrong, and is then `invalid`.

    Every reply is on the disk before it counts. EngineError: the judge cannot be asked at all.
    """
    keys = [verdict_key(rubric, case, bench.endpoint.fingerprint) for case in cases]
    known = known_replies(bench, rubric)
    cached = len({key for key in keys if (key, 0) in known})
    asked = 0
    with Journal(bench.journal_path(rubric, run_id)) as journal:
        for turn in (0, 1):
            requests = _requests(rubric, dict(zip(keys, cases, strict=True)), known, turn)
            replies = await _ask(bench, rubric, requests, journal, turn)
            asked += len(replies)
            known |= {(reply.completion_key, turn): reply for reply in replies}
    found = [_final(rubric, case, key, known) for case, key in zip(cases, keys, strict=True)]
    verdicts = tuple(verdict for verdict in found if verdict is not None)
    reached = bench.spending.reached() if len(verdicts) < len(cases) else ""
    return Judged(verdicts, asked, cached, f"the judge's budget is spent ({reached})" if reached else "")


def known_replies(bench: Bench, rubric: Rubric) -> Known:
    """Everything that this judge has said under this rubric, whatever the run: (verdict key, turn) → reply."""
    found: Known = {}
    for path in sorted(bench.journal_path(rubric, "*").parent.glob("*.jsonl")):
        found |= {(reply.completion_key, reply.repeat): reply for reply in read(path).values()}
    return found


def _requests(rubric: Rubric, cases: dict[str, JudgeCase], known: Known, turn: int) -> list[Request]:
    """What is still to be asked in a turn: in the first what nobody knows, in the second what could not be read."""
    made = []
    for key, case in cases.items():
        complaint = ""
        if turn == 1:
            first = known.get((key, 0))
            read_before = read_verdict(rubric, case, first) if first else None
            if read_before is None or read_before.status != "invalid":
                continue
            complaint = read_before.error
        if (key, turn) not in known:
            made.append(Request(case.item, judge_messages(rubric, case, complaint=complaint), turn, 0, key))
    return made


async def _ask(
    bench: Bench, rubric: Rubric, requests: Sequence[Request], journal: Journal, turn: int
) -> list[Completion]:
    most = bench.spending.budget.requests
    left = None if most is None else max(0, most - bench.spending.spent.requests)
    if not requests[:left] or bench.gate.stopped:
        return []
    limits = Limits(bench.gate, bench.timeout_s, bench.retries, bench.judge.model.price)
    endpoint, sampling = _constrained(bench.endpoint, rubric), _sampling(bench.judge, rubric, turn)
    return await generate(requests[:left], endpoint, sampling, limits, journal, bench.spending.add)


def _constrained(endpoint: Endpoint, rubric: Rubric) -> Endpoint:
    """The endpoint with the verdict's schema in every request, as OpenAI and vLLM both understand it."""
    schema = {"name": rubric.name, "strict": True, "schema": rubric.schema()}
    asked = {"response_format": {"type": "json_schema", "json_schema": schema}}
    return replace(endpoint, extra_body={**endpoint.extra_body, **asked})


def _sampling(judge: Judge, rubric: Rubric, turn: int) -> Sampling:
    """Temperature 0 unless the judge's settings leave it out; twice the room for the second try."""
    own = judge.model.sampling or Sampling()
    return own.model_copy(update={"max_tokens": (own.max_tokens or rubric.header.max_tokens) * (turn + 1)})


def _final(rubric: Rubric, case: JudgeCase, key: str, known: Known) -> Verdict | None:
    """The verdict of the last turn, with what all turns cost; None where the budget ended before the first."""
    turns = [known[key, turn] for turn in (0, 1) if (key, turn) in known]
    if not turns:
        return None
    verdict = read_verdict(rubric, case, turns[-1])
    return replace(
        verdict,
        attempts=sum(turn.attempts for turn in turns),
        prompt_tokens=_total(turn.prompt_tokens for turn in turns),
        completion_tokens=_total(turn.completion_tokens for turn in turns),
        cost_usd=_total(turn.cost_usd for turn in turns),
    )


def _total(counts: Iterable[Number | None]) -> Number | None:
    """The sum, None where one is not known."""
    listed = list(counts)
    given = [count for count in listed if count is not None]
    return sum(given[1:], given[0]) if given and len(given) == len(listed) else None
