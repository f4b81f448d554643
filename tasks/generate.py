"""Turns requests into completions: bounded, retried, counted, and durable one by one."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from tasks.engines.chat import CallFailed, open_chat
from tasks.engines.replay import ReplayAnswers
from tasks.engines.reply import FILTER_REASONS, LENGTH_REASONS, Reply, Usage
from tasks.engines.throttle import Gate
from tasks.journal import Journal
from tasks.schema import Completion, CompletionStatus, Endpoint, Request
from tasks.suite import Price, Sampling
from tasks.thinking import split_thinking

Ask = Callable[[Request], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard an endpoint is worked. `retries` come after the first attempt; waits are in seconds.

    Attempt n waits a random time up to backoff_s · 2^(n-1), at most backoff_cap_s ("full jitter"); a server that says
    `Retry-After` is obeyed up to retry_after_cap_s.
    """

    gate: Gate
    timeout_s: float = 600
    retries: int = 4
    price: Price | None = None
    backoff_s: float = 0.5
    backoff_cap_s: float = 60
    retry_after_cap_s: float = 300
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


async def generate(
    requests: Sequence[Request],
    endpoint: Endpoint | ReplayAnswers,
    sampling: Sampling,
    limits: Limits,
    journal: Journal,
    on_done: Callable[[Completion], None],
) -> list[Completion]:
    """The completions of `requests`, in their order; fewer when the gate was stopped before all had begun.

    Each is on the disk before `on_done` hears of it. What fails for one request becomes its status. EngineError (a
    wrong key, a wrong model name) and JournalError end the whole call at once: every further request would fail too.
    """
    done: dict[int, Completion] = {}
    waiting = iter(enumerate(requests))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(journal.settle)
        thinks = False
        if isinstance(endpoint, Endpoint):
            connections = min(limits.gate.limit, len(requests) or 1)
            chat = await stack.enter_async_context(
                open_chat(endpoint, sampling, timeout_s=limits.timeout_s, connections=connections)
            )
            ask, thinks = chat.ask, endpoint.thinks
        else:
            ask = endpoint.ask

        async def work() -> None:
            for index, request in _until_stopped(waiting, limits.gate):
                async with limits.gate:
                    if limits.gate.stopped:
                        return
                    completion = await _complete(request, ask, limits, thinks)
                await journal.append(completion)
                done[index] = completion
                on_done(completion)

        # Twice as many as the gate lets through: while half wait for the disk the server stays full.
        await _all([work() for _ in range(min(2 * limits.gate.limit, len(requests)))])
    return [done[index] for index in sorted(done)]


def _until_stopped(waiting: Iterator[tuple[int, Request]], gate: Gate) -> Iterator[tuple[int, Request]]:
    while not gate.stopped and (following := next(waiting, None)):
        yield following


async def _all(work: Sequence[Coroutine[object, None, None]]) -> None:
    """Run all of it; the first error ends the rest and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _complete(request: Request, ask: Ask, limits: Limits, thinks: bool) -> Completion:
    """Ask until there is a reply, or until asking again makes no sense."""
    for attempt in range(1, limits.retries + 2):
        try:
            reply = await ask(request)
        except CallFailed as failed:
            if not failed.retry or attempt > limits.retries:
                return _failure(request, failed, attempt)
            await limits.sleep(_wait(failed.retry_after, attempt, limits))
        else:
            return completed(request, reply, attempts=attempt, price=limits.price, thinks=thinks)
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
        cost_usd=cost_usd(usage, price),
        system_fingerprint=reply.system_fingerprint,
        attempts=attempts,
        created_at=_now(),
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
    cached, thinking = usage.cached or 0, usage.thinking or 0
    cached_price = price.input if price.cached_input is None else price.cached_input
    thinking_price = price.output if price.thinking is None else price.thinking
    total = (usage.prompt - cached) * price.input + cached * cached_price
    total += (usage.completion - thinking) * price.output + thinking * thinking_price
    return total / 1e6


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
