"""What an OpenAI-compatible server sent, read once and made storable: the reply, or why it is none."""

import json
from dataclasses import dataclass
from typing import TypeVar

import orjson
import regex

from tasks.engines.experts import count_experts
from tasks.schema import CompletionStatus

T = TypeVar("T")

_UNSTORABLE = regex.compile(r"[\x00\ud800-\udfff]")
_FILTERED = regex.compile(
    r"content[_ ]filter|content[_ ]policy|ResponsibleAIPolicy|data_inspection_failed|invalid_prompt|Content Exists Risk"
    r"|moderation|flagged",
    regex.IGNORECASE,
)
_OVERFLOW = regex.compile(
    r"context_length_exceeded|exceed_context_size|maximum context length|context (?:size|window|length)"
    r"|prompt is too long|(?:prompt|input).{0,40}(?:too long|exceeds?)",
    regex.IGNORECASE,
)
# Other words for OpenAI's own: Gemini, Zhipu, Mistral, Anthropic behind proxies.
FILTER_REASONS = frozenset({"content_filter", "safety", "sensitive", "prohibited_content", "blocklist", "recitation"})
LENGTH_REASONS = frozenset({"length", "max_tokens", "model_length"})
_BROKEN_REASONS = frozenset({"error", "abort", "network_error", "insufficient_system_resource"})


class BadReply(ValueError):
    """A 200 that is no chat completion: the server's fault, worth another try."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them; None where it did not say. `completion` includes `thinking`."""

    prompt: int | None = None
    completion: int | None = None
    thinking: int | None = None
    cached: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One choice of one chat completion, text cleaned of what Parquet and DuckDB refuse."""

    content: str | None
    reasoning: str | None = None
    refusal: str | None = None
    finish_reason: str = ""
    usage: Usage = Usage()
    system_fingerprint: str = ""
    latency_ms: int | None = None
    cost_usd: float | None = None
    """Where several models of different prices made it; else the completion's price says what it cost."""
    experts: str = ""
    """Of a mixture whose server says so: how often each expert was used, packed (see tasks/engines/experts.py)."""


def storable(text: str) -> str:
    """The text with NUL and lone surrogates replaced by U+FFFD; everything else, bidi controls too, stays."""
    return _UNSTORABLE.sub("\ufffd", text)


def read_reply(body: bytes, latency_ms: int | None = None) -> Reply:
    """Read a response body. BadReply: truncated JSON, no choices, another schema, or an error under a 200."""
    try:
        data = _parsed(body)
    except (ValueError, RecursionError) as error:
        raise BadReply(f"the response is not JSON ({len(body)} bytes: {error})") from error
    choices = _field(data, "choices", list)
    if not choices:
        error = _field(data, "error", dict)
        raise BadReply(f"the response has no choices{': ' + _error_text(error) if error else ''}")
    message = _field(choices[0], "message", dict)
    if message is None:
        raise BadReply("the response's choice has no message")
    finish_reason = _field(choices[0], "finish_reason", str) or ""
    if finish_reason in _BROKEN_REASONS:
        raise BadReply(f"the server broke off the answer (finish_reason {finish_reason})")
    return Reply(
        content=_text(message.get("content")),
        reasoning=_text(message.get("reasoning_content") or message.get("reasoning")),
        refusal=_text(message.get("refusal")),
        finish_reason=finish_reason,
        usage=_usage(_field(data, "usage", dict) or {}),
        system_fingerprint=storable(_field(data, "system_fingerprint", str) or ""),
        latency_ms=latency_ms,
        experts=count_experts(routed) if (routed := _field(choices[0], "routed_experts", str)) else "",
    )


def _parsed(body: bytes) -> object:
    """JSON as strict readers take it, else as Python's does: with NaN, and with escapes of half a character."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body)


def refusal_status(message: str) -> CompletionStatus:
    """What a 4xx means for its one request: the content was refused, the prompt is too long, or a fault of ours."""
    if _FILTERED.search(message):
        return "filtered"
    return "context_overflow" if _OVERFLOW.search(message) else "infra_error"


def _error_text(error: dict[str, object]) -> str:
    return storable(str(error.get("message") or error))[:300]


def _field(data: object, name: str, kind: type[T]) -> T | None:
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, kind) else None


def _text(value: object) -> str | None:
    """A string, or the text parts of a list of parts (Mistral and others send these)."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        parts = [_field(part, "text", str) or "" for part in value]
        return storable("".join(parts))
    return None


def _usage(usage: dict[str, object]) -> Usage:
    prompt = _field(usage, "prompt_tokens_details", dict) or {}
    completion = _field(usage, "completion_tokens_details", dict) or {}
    cached = _field(prompt, "cached_tokens", int)
    return Usage(
        prompt=_field(usage, "prompt_tokens", int),
        completion=_field(usage, "completion_tokens", int),
        thinking=_field(completion, "reasoning_tokens", int),
        cached=cached if cached is not None else _field(usage, "prompt_cache_hit_tokens", int),
    )
