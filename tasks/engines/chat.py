"""One chat completion through the official client: what is sent, and what each way of failing means."""

import asyncio
import email.utils
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tasks.engines.context import EngineError
from tasks.engines.reply import BadReply, Reply, read_reply, refusal_status, storable
from tasks.schema import CompletionStatus, Endpoint, Request
from tasks.suite import Sampling

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

_RETRIED = frozenset({408, 409, 425, 429})
# Whatever is asked next, the answer will be the same.
_FATAL = {
    401: "refuses the key",
    402: "says that the account cannot pay",
    403: "forbids the request",
    404: "does not know the model or the address",
}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class CallFailed(Exception):
    """One attempt without a reply. `retry_after` is what the server asked for, in seconds."""

    def __init__(
        self, message: str, *, retry: bool, retry_after: float | None = None, status: CompletionStatus = "infra_error"
    ) -> None:
        super().__init__(message)
        self.retry = retry
        self.retry_after = retry_after
        self.status: CompletionStatus = status


@dataclass(frozen=True, slots=True)
class Chat:
    """A client that is open; `ask` may be called many times at once."""

    client: "AsyncOpenAI"
    endpoint: Endpoint
    sampling: Sampling
    timeout_s: float

    async def ask(self, request: Request) -> Reply:
        """One attempt. CallFailed when there is no reply, EngineError when no request can have one."""
        import httpx2
        from openai import APIConnectionError, APIStatusError

        body = payload(request, self.endpoint, self.sampling)
        began = time.monotonic()
        try:
            # The client's own limit is for each read: a server that drips would never reach it.
            async with asyncio.timeout(self.timeout_s):
                # Raw: the client builds its models without checking them, and we check what we read.
                response = await self.client.post("/chat/completions", body=body, cast_to=httpx2.Response)
            return read_reply(response.content, round((time.monotonic() - began) * 1000))
        except APIStatusError as error:
            raise _of_status(error, self.endpoint) from error
        except (TimeoutError, APIConnectionError) as error:
            late = time.monotonic() - began >= self.timeout_s
            said = f"no answer within {self.timeout_s:g} s" if late else _cause(error)
            raise CallFailed(said, retry=True) from error
        except BadReply as error:
            raise CallFailed(str(error), retry=True) from error


@asynccontextmanager
async def open_chat(
    endpoint: Endpoint, sampling: Sampling, *, timeout_s: float, connections: int
) -> AsyncIterator[Chat]:
    """A client for an endpoint with a connection for each request that may be under way."""
    import httpx2
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    # Proxies of the environment are for the world outside, not for a server of ours.
    outside = urlsplit(endpoint.base_url).hostname not in _LOOPBACK
    pool = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
    http = DefaultAsyncHttpxClient(limits=pool, trust_env=outside)
    async with AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key,
        max_retries=0,  # attempts are counted, so they are ours to make
        timeout=timeout_s,
        default_headers=endpoint.headers,
        http_client=http,
    ) as client:
        yield Chat(client, endpoint, sampling, timeout_s)


def payload(request: Request, endpoint: Endpoint, sampling: Sampling) -> dict[str, object]:
    """The request's body; what is None is left out, and `extra_body` has the last word."""
    # OpenAI's newer models refuse the older name, everybody else understands it.
    limit = "max_completion_tokens" if urlsplit(endpoint.base_url).hostname == "api.openai.com" else "max_tokens"
    body: dict[str, object] = {
        "model": endpoint.model,
        "messages": [{"role": message.role, "content": storable(message.content)} for message in request.messages],
        limit: None if "max_completion_tokens" in endpoint.extra_body else sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": request.seed,
        "stop": list(sampling.stop) or None,
    }
    return {name: value for name, value in body.items() if value is not None} | dict(endpoint.extra_body)


def _of_status(error: "APIStatusError", endpoint: Endpoint) -> Exception:
    """What a 4xx or 5xx means: for this request, or for all of them."""
    code, said = error.status_code, storable(error.response.text)
    short = f"HTTP {code}: {_message(error)}"
    status = refusal_status(said) if 400 <= code < 500 and code not in (401, 404, 429) else "infra_error"
    if status != "infra_error":
        return CallFailed(short, retry=False, status=status)
    if code in _FATAL or "insufficient_quota" in said:
        why = _FATAL.get(code, "says that the quota is used up")
        return EngineError(f"{endpoint.base_url} {why} for model '{endpoint.model}' ({short})")
    return CallFailed(short, retry=code in _RETRIED or code >= 500, retry_after=retry_after(error.response.headers))


def _message(error: "APIStatusError") -> str:
    body = error.body
    said = body.get("message") if isinstance(body, dict) else None
    return storable(str(said or error.response.text or error.response.reason_phrase))[:500]


def _cause(error: BaseException) -> str:
    """The client says 'Connection error.'; what it came from says which."""
    inner = error.__cause__ or error
    return storable(f"{type(inner).__name__}: {inner}".strip(": "))[:300]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks us to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110)."""
    try:
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    except (KeyError, ValueError):
        pass
    said = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        when = email.utils.parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (when.astimezone(UTC) - datetime.now(UTC)).total_seconds())
