"""Any OpenAI-compatible endpoint that is there already; nothing is started."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tasks.engines.context import EngineContext
from tasks.engines.thinking_body import request_body
from tasks.schema import Endpoint, UserError, digest
from tasks.secret import filled
from tasks.suite import OpenAI


def check(model: OpenAI, context: EngineContext) -> None:
    """UserError when a variable that should hold a key is not set."""
    if model.key_env and not context.env.get(model.key_env):
        raise UserError(f"model '{model.name}' takes its key from the environment variable {model.key_env}: set it")
    filled(model.headers, context.env)


@asynccontextmanager
async def reach(model: OpenAI, context: EngineContext) -> AsyncIterator[Endpoint]:
    """The endpoint as the suite describes it; its fingerprint cannot say more than the suite does."""
    body = request_body(model)
    yield Endpoint(
        base_url=model.base_url.rstrip("/"),
        model=model.model,
        fingerprint=digest("openai", model.base_url.rstrip("/"), model.model, model.revision, body),
        engine_version=model.revision,
        api_key=context.env[model.key_env] if model.key_env else "none",
        headers=filled(model.headers, context.env),
        extra_body=body,
        thinks=model.thinks,
    )
