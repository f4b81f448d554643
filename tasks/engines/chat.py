"""Chat completions through the official client: judges, odd providers, and whoever asks for it in a suite."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.engines.calls import CallFailed, EndpointClient, failure_of, is_local, payload
from tasks.engines.reply import BadReply, Reply, read_reply, storable
from tasks.schema import Endpoint, Request
from tasks.suite import Sampling

if TYPE_CHECKING:
    from openai import AsyncOpenAI


@dataclass(frozen=True, slots=True)
class Chat(EndpointClient):
    """A client that is open; `ask` may be called many times at once."""

    client: "AsyncOpenAI"

    async def ask(self, request: Request, sampling: Sampling) -> Reply:
        """One attempt. CallFailed when there is no reply, EngineError when no request can have one."""
        import httpx2
        from openai import APIConnectionError, APIStatusError

        body = payload(request, self.endpoint, sampling)
        began = time.monotonic()
        try:
            # The client's own limit is for each read: a server that drips would never reach it.
            async with asyncio.timeout(self.timeout_s):
                # Raw: the client builds its models without checking them, and we check what we read.
                response = await self.client.post("/chat/completions", body=body, cast_to=httpx2.Response)
            return read_reply(response.content, round((time.monotonic() - began) * 1000))
        except APIStatusError as error:
            answer = error.response
            raise failure_of(
                error.status_code, answer.text or answer.reason_phrase, answer.headers, self.endpoint
            ) from error
        except (TimeoutError, APIConnectionError) as error:
            late = time.monotonic() - began >= self.timeout_s
            said = f"no answer within {self.timeout_s:g} s" if late else _cause(error)
            raise CallFailed(said, retry=True) from error
        except BadReply as error:
            raise CallFailed(str(error), retry=True) from error


@asynccontextmanager
async def open_chat(endpoint: Endpoint, *, timeout_s: float, connections: int) -> AsyncIterator[Chat]:
    """A client for an endpoint with a connection for each request that may be under way."""
    import httpx2
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    pool = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
    http = DefaultAsyncHttpxClient(limits=pool, trust_env=not is_local(endpoint))
    async with AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key,
        max_retries=0,  # attempts are counted, so they are ours to make
        timeout=timeout_s,
        default_headers=endpoint.headers,
        http_client=http,
    ) as client:
        yield Chat(endpoint, timeout_s, client)


def _cause(error: BaseException) -> str:
    """The client says 'Connection error.'; what it came from says which."""
    inner = error.__cause__ or error
    return storable(f"{type(inner).__name__}: {inner}".strip(": "))[:300]
