"""An OpenAI-compatible server that misbehaves as each prompt tells it to, over real HTTP.

The last message is the script: words that name behaviours, one for each time the server sees the prompt, the last one
for ever: `503 reset ok`. Anything after `#` only makes a prompt its own. As a program: `python -m tests.fault_server`.
"""

import asyncio
import base64
import email.utils
import io
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import numpy as np
from aiohttp import web

MODEL = "faulty"
KEY = "right-key"
TEXT = "The answer is 42."
BIDI = "\u202eabc\u2066d\u2069\u200f"


def chat(content: str | None, finish_reason: str = "stop", **message: object) -> dict[str, Any]:
    """A whole chat completion."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": MODEL,
        "system_fingerprint": "fp_test",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish_reason,
                "message": {"role": "assistant", "content": content, **message},
            }
        ],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "prompt_tokens_details": {"cached_tokens": 60},
            "completion_tokens_details": {"reasoning_tokens": 20},
        },
    }


def encoded(ids: np.ndarray) -> str:
    """A mixture's choices (positions × layers × experts per token) as vLLM returns them."""
    with io.BytesIO() as file:
        np.save(file, ids, allow_pickle=False)
        return base64.b64encode(file.getbuffer()).decode("ascii")


ROUTED = np.array([[[0, 3], [7, 1]], [[3, 2], [1, 0]], [[3, 0], [7, 1]]], np.uint8)


def routed() -> dict[str, Any]:
    """A chat completion with the choices of a mixture of two layers, two of eight experts to a token."""
    answer = chat(TEXT)
    return {**answer, "choices": [{**answer["choices"][0], "routed_experts": encoded(ROUTED)}]}


def error(message: str, *, code: object = None, kind: str = "invalid_request_error") -> dict[str, Any]:
    """An error body as most servers write it."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


# What is answered with a status and a JSON body: behaviour → (status, body, headers).
ANSWERS: dict[str, tuple[int, object, dict[str, str]]] = {
    "ok": (200, chat(TEXT), {}),
    "routed": (200, routed(), {}),
    "null": (200, chat(None), {}),
    "blank": (200, chat(" \n"), {}),
    "length": (200, chat("The ans", "length"), {}),
    "filter": (200, chat("The", "content_filter"), {}),
    "refusal": (200, chat(None, refusal="I cannot help."), {}),
    "think": (200, chat("<think>hm</think>42"), {}),
    "unclosed": (200, chat("<think>hm"), {}),
    "reasoning": (200, chat("42", reasoning_content="hm"), {}),
    "parts": (200, chat([{"type": "text", "text": "4"}, {"type": "text", "text": "2"}]), {}),  # type: ignore[arg-type]
    "broken_off": (200, chat("The", "error"), {}),
    "no_choices": (200, {**chat(TEXT), "choices": []}, {}),
    "schema": (200, {"answer": 42}, {}),
    "list": (200, [1, 2], {}),
    "error_200": (200, error("the backend is gone", code=502), {}),
    "no_usage": (200, {"choices": chat(TEXT)["choices"]}, {}),
    "megabyte": (200, chat("x" * 1_000_000), {}),
    "nul": (200, chat("a\x00b"), {}),
    "surrogate": (200, chat("a\ud800b\udfff😀"), {}),
    "bidi": (200, chat(BIDI), {}),
    "400": (400, error("temperature must be non-negative"), {}),
    "422": (422, error("Input should be a valid list"), {}),
    "401": (401, error("Incorrect API key provided", code="invalid_api_key"), {}),
    "402": (402, error("Insufficient Balance"), {}),
    "403": (403, error("You are not allowed to sample from this model"), {}),
    "404": (404, error("The model `faulty` does not exist.", code="model_not_found"), {}),
    "408": (408, error("Request timeout"), {}),
    "409": (409, error("Conflict"), {}),
    "429": (429, error("Rate limit reached", code="rate_limit_exceeded"), {}),
    "429_after": (429, error("Rate limit reached"), {"Retry-After": "7"}),
    "429_ms": (429, error("Rate limit reached"), {"retry-after-ms": "1500", "Retry-After": "7"}),
    "429_long": (429, error("Rate limit reached"), {"Retry-After": "86400"}),
    "429_nonsense": (429, error("Rate limit reached"), {"Retry-After": "soon"}),
    "quota": (429, error("You exceeded your current quota", code="insufficient_quota"), {}),
    "500": (500, error("Internal server error", kind="server_error"), {}),
    "502": (502, "<html>Bad gateway</html>", {}),
    "503": (503, error("Overloaded"), {}),
    "503_after": (503, error("Overloaded"), {"Retry-After": "3"}),
    "529": (529, error("Overloaded"), {}),
    "overflow_openai": (400, error("This model's maximum context length is 4097 tokens.", code="context_length_exceeded"), {}),  # noqa: E501
    "overflow_vllm": (400, error("This model's maximum context length is 2048 tokens. However, your prompt contains at least 2049 input tokens, which exceeds this limit even without any output tokens.", code=400, kind="BadRequestError"), {}),  # noqa: E501
    "overflow_llamacpp": (400, error("request (631 tokens) exceeds the available context size (512 tokens), try increasing it", code=400, kind="exceed_context_size_error"), {}),  # noqa: E501
    "max_tokens_vllm": (400, error("max_tokens=4000 cannot be greater than max_model_len=2048. Please request fewer output tokens.", code=400), {}),  # noqa: E501
    "filter_azure": (400, error("The response was filtered due to the prompt triggering Azure OpenAI's content management policy.", code="content_filter"), {}),  # noqa: E501
    "filter_deepseek": (400, error("Content Exists Risk"), {}),
    "filter_dashscope": (400, error("Input data may contain inappropriate content.", code="data_inspection_failed"), {}),  # noqa: E501
    "filter_openrouter": (403, error("Your input was flagged: moderation", code=403), {}),
}  # fmt: skip


class FaultServer:
    """Runs while entered; `seen` counts requests by prompt, `bodies` and `headers` keep what was sent."""

    def __init__(self, *, delay_s: float = 0.0, key: str | None = None) -> None:
        self.delay_s = delay_s
        self.key = key
        self.seen: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.port = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/v1/chat/completions", self._completions)
        app.router.add_get("/health", self._health)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        prompt = body["messages"][-1]["content"]
        script = prompt.split("#")[0].split() or ["ok"]
        behaviour = script[min(self.seen[prompt], len(script) - 1)]
        self.seen[prompt] += 1
        self.bodies.append(body)
        self.headers.append(request.headers)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.delay_s)
            if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
                # As some servers do: the key is repeated.
                said = error(f"Incorrect API key provided: {request.headers.get('Authorization')}")
                return web.json_response(said, status=401)
            return await self._behave(request, behaviour)
        finally:
            self.in_flight -= 1

    async def _behave(self, request: web.Request, behaviour: str) -> web.StreamResponse:
        if behaviour in STREAMS:
            return await STREAMS[behaviour](request)
        if behaviour == "429_date":
            when = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=9), usegmt=True)
            return web.json_response(error("Rate limit reached"), status=429, headers={"Retry-After": when})
        status, body, headers = ANSWERS[behaviour]
        if isinstance(body, str):
            return web.Response(status=status, text=body, content_type="text/html")
        return web.Response(
            status=status, body=json.dumps(body).encode(), headers=headers, content_type="application/json"
        )


async def _part(request: web.Request, share: float) -> web.StreamResponse:
    """The first share of a whole answer, under its full length."""
    whole = json.dumps(chat(TEXT)).encode()
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(whole))})
    await response.prepare(request)
    await response.write(whole[: int(len(whole) * share)])
    return response


async def _reset(request: web.Request) -> web.StreamResponse:
    response = await _part(request, 0.5)
    await asyncio.sleep(0.01)
    assert request.transport is not None
    request.transport.abort()
    return response


async def _hang(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return await _part(request, 1.0)


async def _drip(request: web.Request) -> web.StreamResponse:
    """A byte now and then: no single read ever waits long."""
    response = await _part(request, 0.0)
    for _ in range(600):
        await response.write(b" ")
        await asyncio.sleep(0.1)
    return response


async def _truncated(request: web.Request) -> web.StreamResponse:
    whole = json.dumps(chat(TEXT)).encode()
    return web.Response(body=whole[: len(whole) // 2], content_type="application/json")


async def _not_utf8(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b'{"choices": [{"message": {"content": "\xff\xfe"}}]}', content_type="application/json")


async def _repeats_the_key(request: web.Request) -> web.StreamResponse:
    return web.json_response(error(f"cannot serve {dict(request.headers)}"), status=500)


async def _repeats_the_key_under_200(request: web.Request) -> web.StreamResponse:
    return web.json_response(error(f"cannot serve {dict(request.headers)}"))


STREAMS: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
    "reset": _reset,
    "hang": _hang,
    "drip": _drip,
    "truncated": _truncated,
    "not_utf8": _not_utf8,
    "key_500": _repeats_the_key,
    "key_200": _repeats_the_key_under_200,
}


async def _serve(port: int) -> None:
    server = FaultServer()
    server.port = port
    async with server:
        print(server.base_url, flush=True)  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
