"""Turns requests into completions: bounded, retried, counted, and durable one by one."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tasks.engines.adapt import Pace
from tasks.engines.calls import Asker, CallFailed
from tasks.engines.client import open_client
from tasks.engines.reply import FILTER_REASONS, LENGTH_REASONS, Reply, Usage
from tasks.engines.throttle import Gate, Once
from tasks.journal import Journal
from tasks.schema import Completion, CompletionStatus, Endpoint, Request
from tasks.suite import Price, Sampling, Transport
from tasks.thinking import split_thinking


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard an endpoint is worked. `retries` come after the first attempt; waits are in seconds.

    Attempt n waits a random time up to backoff_s · 2^(n-1), at most backoff_cap_s ("full jitter"); a server that says
    `Retry-After` is obeyed up to retry_after_cap_s. Of several callers at one gate the lowest rank is served first;
    `pace` hears of every attempt and may move the gate's limit.
    """

    gate: Gate
    timeout_s: float = 600
    retries: int = 4
    price: Price | None = None
    backoff_s: float = 0.5
    backoff_cap_s: float = 60
    retry_after_cap_s: float = 300
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    rank: int = 0
    pace: Pace | None = None
    transport: Transport = "openai"


async def generate(
    requests: Sequence[Request],
    endpoint: Endpoint | Asker,
    sampling: Sampling,
    limits: Limits,
    journal: Journal,
    on_done: Callable[[Completion], None],
) -> list[Completion]:
    """The completions of `requests`, in their order; fewer when the gate was stopped before all had begun.

    As `generate_each`, for who wants them all at once.
    """
    done: dict[int, Completion] = {}

    def keep(index: int, completion: Completion) -> None:
        done[index] = completion
        on_done(completion)

    await generate_each(requests, endpoint, sampling, limits, journal, keep)
    return [done[index] for index in sorted(done)]


async def generate_each(
    requests: Iterable[Request],
    endpoint: Endpoint | Asker,
    sampling: Sampling,
    limits: Limits,
    journal: Journal,
    on_done: Callable[[int, Completion], None],
) -> None:
    """Ask for all of `requests`, drawn one by one as there is room; `on_done` hears the number and the completion.

    Each is on the disk before `on_done` hears of it, and nothing is kept after: memory does not grow with their
    number. What fails for one request becomes its status. EngineError (a wrong key, a wrong model name) and
    JournalError end the whole call at once: every further request would fail too.
    """
    gate = limits.gate
    opened = open_client(endpoint, limits.transport, timeout_s=limits.timeout_s, connections=gate.limit)

    async def one(index: int, request: Request, asker: Asker, leave: Once) -> None:
        completion = await _complete(request, asker, sampling, limits)
        leave()
        await journal.append(completion)
        on_done(index, completion)

    try:
        async with opened as asker, asyncio.TaskGroup() as group:
            unfinished = _Unfinished()
            for index, request in enumerate(requests):
                # Twice as many as the gate lets through: while half wait for the disk the server stays full.
                await unfinished.fewer_than(2 * gate.limit)
                await gate.enter(limits.rank)
                leave = Once(gate.leave)
                if gate.stopped:
                    leave()
                    break
                unfinished.add(group.create_task(one(index, request, asker, leave)), leave)
    except BaseExceptionGroup as errors:  # the first ends the rest and is raised as itself
        raise errors.exceptions[0] from None
    finally:
        await journal.settle()


class _Unfinished:
    """Counts the requests of a call that are asked, or answered and not yet on the disk."""

    def __init__(self) -> None:
        self._count = 0
        self._fewer = asyncio.Event()

    def add(self, task: asyncio.Task[None], leave: Once) -> None:
        """Count a task until it ends; `leave` is then called, in case it was cancelled before it began."""
        self._count += 1

        def over(_: asyncio.Task[None]) -> None:
            leave()
            self._count -= 1
            self._fewer.set()

        task.add_done_callback(over)

    async def fewer_than(self, most: int) -> None:
        """Wait until the count is below `most`."""
        while self._count >= most:
            self._fewer.clear()
            await self._fewer.wait()


async def _complete(request: Request, asker: Asker, sampling: Sampling, limits: Limits) -> Completion:
    """Ask until there is a reply, or until asking again makes no sense."""
    for attempt in range(1, limits.retries + 2):
        try:
            reply = await asker.ask(request, sampling)
        except CallFailed as failed:
            if limits.pace and failed.busy:
                limits.pace.busy()
            if not failed.retry or attempt > limits.retries:
                return _failure(request, failed, attempt)
            await limits.sleep(_wait(failed.retry_after, attempt, limits))
        else:
            if limits.pace:
                limits.pace.served()
            return completed(request, reply, attempts=attempt, price=limits.price, thinks=asker.thinks)
    raise AssertionError("unreachable: the last attempt returns")


def _wait(asked_for: float | None, attempt: int, limits: Limits) -> float:
    jitter = random.uniform(0, min(limits.backoff_cap_s, limits.backoff_s * 2 ** (attempt - 1)))
    if asked_for is None:
        return jitter
    # Later than asked, never earlier; and not all at the same moment.
    return min(asked_for, limits.retry_after_cap_s) + min(jitter, 1.0)


def completed(request: Request, reply: Reply, *, attempts: int, price: Price | None, thinks: bool) -> Completion:
    """A reply as a completion: thinking apart from the answer, and the status that both come to."""
    finish_reason = reply.finish_reason.lower()
    thought = split_thinking(
        reply.content, reply.reasoning, finish_reason=finish_reason, opened_by_template=thinks and bool(reply.content)
    )
    answer = thought.answer if thought.answer.strip() else reply.refusal or thought.answer
    usage = reply.usage
    return Completion(
        completion_key=request.completion_key,
        sample_id=request.item.sample_id,
        item_id=request.item.item_id,
        repeat=request.repeat,
        status=_status(answer, finish_reason, thought.cut),
        text=answer,
        thinking=thought.thinking,
        finish_reason=reply.finish_reason,
        prompt_tokens=usage.prompt,
        completion_tokens=usage.completion,
        thinking_tokens=usage.thinking,
        cached_tokens=usage.cached,
        latency_ms=reply.latency_ms,
        cost_usd=cost_usd(usage, price) if reply.cost_usd is None else reply.cost_usd,
        system_fingerprint=reply.system_fingerprint,
        attempts=attempts,
        created_at=_now(),
        experts=reply.experts,
    )


def _status(answer: str, finish_reason: str, cut: bool) -> CompletionStatus:
    if finish_reason in FILTER_REASONS:
        return "filtered"
    if cut or finish_reason in LENGTH_REASONS:
        return "truncated"
    return "ok" if answer.strip() else "empty"


def _failure(request: Request, failed: CallFailed, attempts: int) -> Completion:
    return Completion(
        completion_key=request.completion_key,
        sample_id=request.item.sample_id,
        item_id=request.item.item_id,
        repeat=request.repeat,
        status=failed.status,
        text="",
        attempts=attempts,
        error=str(failed),
        created_at=_now(),
    )


def cost_usd(usage: Usage, price: Price | None) -> float | None:
    """What a call cost; None without a price or without the server's counts. Thinking is part of the output."""
    if price is None or usage.prompt is None or usage.completion is None:
        return None
    return price.cost_usd(usage.prompt, usage.completion, cached=usage.cached or 0, thinking=usage.thinking or 0)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
