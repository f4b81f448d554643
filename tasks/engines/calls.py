"""One chat completion, whatever carries it: what is sent, what each way of failing means, and who may be asked."""

import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit

from tasks.engines.context import EngineError
from tasks.engines.reply import Reply, refusal_status, storable
from tasks.schema import CompletionStatus, Endpoint, Request
from tasks.suite import Sampling

RETRIED = frozenset({408, 409, 425, 429})
# Whatever is asked next, the answer will be the same.
_FATAL = {
    401: "refuses the key",
    402: "says that the account cannot pay",
    403: "forbids the request",
    404: "does not know the model or the address",
}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class CallFailed(Exception):
    """One attempt without a reply. `retry_after` is what the server asked for, in seconds.

    `busy`: the server has too much to do, so that fewer requests at once would help.
    """

    def __init__(
        self,
        message: str,
        *,
        retry: bool,
        retry_after: float | None = None,
        status: CompletionStatus = "infra_error",
        busy: bool = False,
    ) -> None:
        super().__init__(message)
        self.retry = retry
        self.retry_after = retry_after
        self.status: CompletionStatus = status
        self.busy = busy


class Asker(Protocol):
    """Whatever answers requests: a client of an endpoint, recorded answers, several of them behind one face."""

    @property
    def thinks(self) -> bool:
        """The chat template opens the thinking, so that a text which never closes it has no answer."""
        ...

    async def ask(self, request: Request, sampling: Sampling) -> Reply:
        """One attempt. CallFailed when there is no reply, EngineError when no request can have one."""
        ...


@dataclass(frozen=True, slots=True)
class EndpointClient:
    """What every client of an endpoint knows, whatever its transport: the endpoint, and how long an answer may take."""

    endpoint: Endpoint
    timeout_s: float

    @property
    def thinks(self) -> bool:
        """As the endpoint says."""
        return self.endpoint.thinks


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


def is_local(endpoint: Endpoint) -> bool:
    """A server on this machine: proxies of the environment are for the world outside."""
    return urlsplit(endpoint.base_url).hostname in _LOOPBACK


def failure_of(code: int, text: str, headers: Mapping[str, str], endpoint: Endpoint) -> CallFailed | EngineError:
    """What a 4xx or 5xx means: for this request, or for all of them. `headers` in lower case or case-blind."""
    said = storable(text)
    short = f"HTTP {code}: {_message(said)}"
    status = refusal_status(said) if 400 <= code < 500 and code not in (401, 404, 429) else "infra_error"
    if status != "infra_error":
        return CallFailed(short, retry=False, status=status)
    if code in _FATAL or "insufficient_quota" in said:
        why = _FATAL.get(code, "says that the quota is used up")
        return EngineError(f"{endpoint.base_url} {why} for model '{endpoint.model}' ({short})")
    again = code in RETRIED or code >= 500
    return CallFailed(short, retry=again, retry_after=retry_after(headers), busy=code in (429, 503, 529))


def _message(said: str) -> str:
    """The sentence in an error's body: OpenAI's `error.message`, a bare `message`, else the body as it stands."""
    try:
        body = json.loads(said)
    except (ValueError, RecursionError):
        return said[:500]
    inner = body.get("error", body) if isinstance(body, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else None
    return storable(str(message or said))[:500]


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
