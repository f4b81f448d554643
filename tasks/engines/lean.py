"""Chat completions over plain aiohttp: the bulk path, for whose cost benchmarks/throughput has the figures."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from tasks.engines.calls import CallFailed, EndpointClient, failure_of, is_local, payload
from tasks.engines.reply import BadReply, Reply, read_reply, storable
from tasks.schema import Endpoint, Request
from tasks.suite import Sampling


@dataclass(frozen=True, slots=True)
class LeanChat(EndpointClient):
    """A session that is open; `ask` may be called many times at once."""

    session: ClientSession
    url: URL

    async def ask(self, request: Request, sampling: Sampling) -> Reply:
        """One attempt. CallFailed when there is no reply, EngineError when no request can have one."""
        body = orjson.dumps(payload(request, self.endpoint, sampling))
        began = time.monotonic()
        try:
            async with (
                asyncio.timeout(self.timeout_s),  # of the whole: a server that drips would never reach one per read
                self.session.post(self.url, data=body) as response,
            ):
                content = await response.read()
            if response.status != 200:
                text = content.decode("utf-8", "replace") or response.reason or ""
                raise failure_of(response.status, text, response.headers, self.endpoint)
            return read_reply(content, round((time.monotonic() - began) * 1000))
        except (ClientError, OSError) as error:  # a TimeoutError is an OSError
            late = time.monotonic() - began >= self.timeout_s
            said = f"no answer within {self.timeout_s:g} s" if late else f"{type(error).__name__}: {error}".strip(": ")
            raise CallFailed(storable(said)[:300], retry=True) from error
        except BadReply as error:
            raise CallFailed(str(error), retry=True) from error


@asynccontextmanager
async def open_lean(endpoint: Endpoint, *, timeout_s: float, connections: int) -> AsyncIterator[LeanChat]:
    """A session for an endpoint with a connection for each request that may be under way."""
    headers = {
        "Authorization": f"Bearer {endpoint.api_key}",
        "Content-Type": "application/json",
        "Accept": "application/json",
        **endpoint.headers,
    }
    # Idle connections are dropped before the usual servers do it (uvicorn and vLLM after 5 s), lest a request be
    # written to one that is being closed.
    async with ClientSession(
        connector=TCPConnector(limit=connections, keepalive_timeout=4),
        headers=headers,
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=None, sock_connect=min(timeout_s, 60)),
        trust_env=not is_local(endpoint),
    ) as session:
        yield LeanChat(endpoint, timeout_s, session, URL(f"{endpoint.base_url}/chat/completions"))
