"""Two models as one: the first drafts an answer, the second is shown it and corrects it, in the item's language."""

import importlib.metadata
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from tasks.engines.calls import Asker, CallFailed
from tasks.engines.client import open_client
from tasks.engines.context import EngineContext
from tasks.engines.reply import Reply, Usage
from tasks.schema import Endpoint, Message, Request, UserError, digest
from tasks.suite import Composite, Part, Sampling

PROMPTS = Path(__file__).parent.parent / "data" / "refine_prompts.json"
_CONNECTIONS = 256
Number = TypeVar("Number", int, float)


@cache
def refine_prompts() -> dict[str, str]:
    """Language → what the refining model is told after the draft, in that language."""
    return json.loads(PROMPTS.read_text(encoding="utf-8"))


def check(model: Composite, context: EngineContext) -> None:
    """UserError for what the two models' own engines find."""
    from tasks.engines import check_engine

    if len(model.parts) != 2:
        raise UserError(f"model '{model.name}' is made of two models of its suite; a suite fills them in")
    for part in model.parts:
        check_engine(part, context)


def check_languages(model: Composite, langs: Iterable[str]) -> None:
    """UserError for languages in which nobody can tell the refining model what to do."""
    untold = sorted(set(langs) - refine_prompts().keys())
    if untold:
        raise UserError(
            f"model '{model.name}' cannot refine drafts in {', '.join(untold)}: there is no prompt for it in "
            f"{PROMPTS.name}; leave the model or the language out of the suite"
        )


@dataclass(frozen=True, slots=True)
class _Role:
    """One of the two: whoever answers for it, and its settings."""

    model: Part
    asker: Asker

    async def ask(self, request: Request, sampling: Sampling) -> Reply:
        """An answer of this model with its own sampling, priced with its own price."""
        own = self.model.sampling
        if own is not None:
            sampling = own.model_copy(update={"max_tokens": own.max_tokens or sampling.max_tokens})
        reply = await self.asker.ask(request, sampling)
        usage, price = reply.usage, self.model.price
        if price is None or usage.prompt is None or usage.completion is None:
            return reply
        cost = price.cost_usd(usage.prompt, usage.completion, cached=usage.cached or 0, thinking=usage.thinking or 0)
        return replace(reply, cost_usd=cost)


@dataclass(frozen=True, slots=True)
class Pair:
    """Draft, then refine. What it took is the sum of both; what the first wrote is kept with the thinking."""

    draft: _Role
    refine: _Role
    model: str
    fingerprint: str
    engine_version: str

    @property
    def thinks(self) -> bool:
        """As the refining model, whose text is the answer."""
        return self.refine.asker.thinks

    async def ask(self, request: Request, sampling: Sampling) -> Reply:
        """Both answers, one attempt. CallFailed when either has none."""
        told = refine_prompts().get(request.item.lang)
        if told is None:
            raise CallFailed(f"there is no refining prompt in '{request.item.lang}'", retry=False)
        first = await self.draft.ask(request, sampling)
        drafted = (first.content or "").rpartition("</think>")[2].strip()
        turns = (*request.messages, Message("assistant", drafted), Message("user", told))
        second = await self.refine.ask(replace(request, messages=turns), sampling)
        trace = "\n\n".join(part for part in (f"[draft]\n{drafted}", second.reasoning) if part)
        return replace(
            second, reasoning=trace, usage=_together(first.usage, second.usage),
            latency_ms=_sum(first.latency_ms, second.latency_ms), cost_usd=_sum(first.cost_usd, second.cost_usd),
        )  # fmt: skip


@asynccontextmanager
async def serve_pair(model: Composite, context: EngineContext) -> AsyncIterator[Pair]:
    """Both models up; one server where draft and refine are the same model."""
    from tasks.engines import open_engine

    draft, refine = model.parts
    async with AsyncExitStack() as up:
        roles, marks = [], []
        for part, own in zip((draft, refine), _contexts(model, context), strict=True):
            if part.name == draft.name and roles:
                roles, marks = [*roles, roles[0]], [*marks, marks[0]]
                continue
            served = await up.enter_async_context(open_engine(part, own))
            assert isinstance(served, Endpoint), "a part is a server"
            asker = await up.enter_async_context(
                open_client(served, part.transport, timeout_s=part.timeout_s or 600, connections=_CONNECTIONS)
            )
            roles.append(_Role(part, asker))
            marks.append((served.fingerprint, part.sampling and part.sampling.model_dump(mode="json")))
        yield Pair(
            *roles, model=f"{draft.name} → {refine.name}",
            fingerprint=digest("composite", marks, sorted(refine_prompts().items())),
            engine_version=f"babelgate {importlib.metadata.version('babelgate')}",
        )  # fmt: skip


def _contexts(model: Composite, context: EngineContext) -> tuple[EngineContext, EngineContext]:
    """Each part with GPUs of its own where there are enough; shares of one GPU see the same."""
    from tasks.engines.devices import wanted

    names = [name for name in context.env.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    first, second = (round(wanted(part)) for part in model.parts)
    if not names or first < 1 or len(names) < first + second:
        return context, context
    groups = (names[:first], names[first:])
    one, two = (replace(context, env={**context.env, "CUDA_VISIBLE_DEVICES": ",".join(group)}) for group in groups)
    return one, two


def _together(first: Usage, second: Usage) -> Usage:
    return Usage(
        prompt=_sum(first.prompt, second.prompt),
        completion=_sum(first.completion, second.completion),
        thinking=_sum(first.thinking, second.thinking),
        cached=_sum(first.cached, second.cached),
    )


def _sum(first: Number | None, second: Number | None) -> Number | None:
    """Of two figures; unknown where one of them is."""
    return None if first is None or second is None else first + second
