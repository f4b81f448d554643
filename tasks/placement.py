"""Who of a run's models may start and answer when: one after another or side by side, by what the machine has."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

from tasks.budget import Spent
from tasks.engines import EngineContext, Served, open_engine
from tasks.engines.devices import Devices, Held, visible, wanted
from tasks.suite import Model, Placement


@dataclass(slots=True)
class _Turn:
    """Where a model stands: `drained` when no more than its last shard is under way, `done` when it has ended."""

    drained: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Host:
    """This machine during a run; models take their turns in the suite's order.

    `sequence`: one model answers at a time, and the next one's server starts while the last shard of the one before
    drains, where GPUs are free for both; a server on the processor starts only after that, for it would take the cores.
    `parallel`: each model starts as soon as its GPUs are free; those on the processor still one after another.
    `spent` is what the models that have ended have cost.
    """

    def __init__(self, models: Sequence[Model], placement: Placement, gpus: tuple[str, ...]) -> None:
        self.devices = Devices(gpus)
        self.spent = Spent()
        self._in_sequence = placement == "sequence"
        self._turns = {model.name: _Turn() for model in models}
        self._before = {model.name: before.name for before, model in zip(models, models[1:], strict=False)}
        self._processor = asyncio.Lock()
        for model in models:
            self.devices.check(model)

    @asynccontextmanager
    async def turn(self, model: Model) -> AsyncIterator[None]:
        """The turn of a model that this machine has nothing to do for; in sequence, when the one before has ended."""
        try:
            if before := self._turn_before(model):
                await before.done.wait()
            yield
        finally:
            self.draining(model)
            self._turns[model.name].done.set()

    @asynccontextmanager
    async def serve(self, model: Model, context: EngineContext) -> AsyncIterator[Served]:
        """A model that is up and whose turn it is to answer; its server ends with the context.

        UserError and EngineError as `open_engine` has them.
        """
        on_gpu, before = bool(self.devices.names) and wanted(model) > 0, self._turn_before(model)
        try:
            if before:
                await (before.drained if on_gpu else before.done).wait()
            async with (
                self.devices.held(wanted(model)) as held,
                self._processor_of(model, on_gpu),
                AsyncExitStack() as up,
            ):
                mine = replace(context, env={**context.env, **held.env})
                async with self._start_of(held):
                    served = await up.enter_async_context(open_engine(model, mine))
                if before:
                    await before.done.wait()
                yield served
        finally:
            self.draining(model)
            self._turns[model.name].done.set()

    def draining(self, model: Model) -> None:
        """No more than the last shard of a model is under way."""
        self._turns[model.name].drained.set()

    def _turn_before(self, model: Model) -> _Turn | None:
        """That of the model before in the suite, where it has to be waited for."""
        name = self._before.get(model.name)
        return self._turns[name] if name is not None and self._in_sequence else None

    @asynccontextmanager
    async def _processor_of(self, model: Model, on_gpu: bool) -> AsyncIterator[None]:
        if on_gpu or model.engine not in ("llamacpp", "vllm", "composite"):
            yield
        else:
            async with self._processor:
                yield

    @asynccontextmanager
    async def _start_of(self, held: Held) -> AsyncIterator[None]:
        """Of servers that share a GPU one starts at a time."""
        if 0 < held.share < 1:
            async with self.devices.starting():
                yield
        else:
            yield


def lone_host(model: Model, context: EngineContext, spent: Spent) -> Host:
    """A machine with one model to serve, after others elsewhere have spent so much."""
    host = Host([model], "sequence", visible(context.env))
    host.spent = spent
    return host
