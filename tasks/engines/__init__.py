"""How a model is reached: one protocol, an async context manager that yields an endpoint; one file an engine."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from tasks.engines import composite, llamacpp, openai_api, replay, vllm
from tasks.engines.composite import Pair
from tasks.engines.context import EngineContext, EngineError
from tasks.engines.replay import ReplayAnswers
from tasks.schema import Endpoint
from tasks.suite import Model

__all__ = [
    "ENGINES",
    "Engine",
    "EngineContext",
    "EngineError",
    "ReplayAnswers",
    "Served",
    "check_engine",
    "open_engine",
]

Served = Endpoint | ReplayAnswers | Pair


@dataclass(frozen=True, slots=True)
class Engine:
    """`check` raises UserError for what can be known before anything starts; `open` serves the model.

    Each takes its own kind of model, which the suite's `engine` tells apart.
    """

    check: Callable[[Any, EngineContext], None]
    open: Callable[[Any, EngineContext], AbstractAsyncContextManager[Served]]


ENGINES: dict[str, Engine] = {
    "llamacpp": Engine(llamacpp.check, llamacpp.serve_gguf),
    "openai": Engine(openai_api.check, openai_api.reach),
    "vllm": Engine(vllm.check, vllm.serve_vllm),
    "replay": Engine(replay.check, replay.open_answers),
    "composite": Engine(composite.check, composite.serve_pair),
}


def check_engine(model: Model, context: EngineContext) -> None:
    """UserError, in one sentence, when the model's file, interpreter, key or recorded answers are not there.

    Those of a model on a pool are looked for where it is served: only that machine has them.
    """
    if model.pool is None:
        ENGINES[model.engine].check(model, context)


def open_engine(model: Model, context: EngineContext) -> AbstractAsyncContextManager[Served]:
    """Make a model reachable for as long as the context is open; its server ends with it, whatever happens.

    UserError: what `check_engine` finds. EngineError: the server does not start.
    """
    ENGINES[model.engine].check(model, context)
    return ENGINES[model.engine].open(model, context)
