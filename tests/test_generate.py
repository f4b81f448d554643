"""Every way in which a server can fail, over real HTTP: the status, the attempts, and what is waited for."""

import asyncio
import math
from pathlib import Path
from typing import get_args

import pytest

from tasks.engines import EngineError
from tasks.engines.process import free_port
from tasks.generate import Gate, Limits, generate
from tasks.journal import Journal, read
from tasks.schema import Completion, Endpoint, Item, Message, Request
from tasks.suite import Price, Sampling, Transport
from tests.fault_server import BIDI, KEY, MODEL, TEXT, FaultServer


def ask(script: str, number: int = 0) -> Request:
    item = Item("d", "1", "en", f"i{number}", f"p{number}", f"c{number}", "math", script, ("42",))
    return Request(item, (Message("system", "s"), Message("user", script)), 0, 7, f"key-{number}-{script}")


class Run:
    """One call of `generate` against a server that does as the scripts say; waits are written down, not waited."""

    def __init__(self, folder: Path, transport: Transport) -> None:
        self.transport: Transport = transport
        self.path = folder / "journal.jsonl"
        self.waits: list[float] = []
        self.told: list[Completion] = []
        self.on_done = self.told.append
        self.server = FaultServer()

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def _go(self, requests: list[Request], endpoint: Endpoint | None, **limits) -> list[Completion]:
        async with self.server:
            at = endpoint or Endpoint(self.server.base_url, MODEL, "f" * 64)
            chosen = {"gate": Gate(8), "retries": 2, "timeout_s": 20.0, "sleep": self._sleep}
            chosen |= {"transport": self.transport} | limits
            with Journal(self.path) as journal:
                return await generate(requests, at, Sampling(max_tokens=9), Limits(**chosen), journal, self.on_done)

    def __call__(self, *scripts: str, endpoint: Endpoint | None = None, **limits) -> list[Completion]:
        requests = [ask(script, number) for number, script in enumerate(scripts)]
        return asyncio.run(self._go(requests, endpoint, **limits))


@pytest.fixture(params=get_args(Transport))
def run(tmp_path: Path, request: pytest.FixtureRequest) -> Run:
    return Run(tmp_path, request.param)


MATRIX = [
    # script, status, attempts, text, error
    ("ok", "ok", 1, TEXT, ""),
    ("null", "empty", 1, "", ""),
    ("blank", "empty", 1, " \n", ""),
    ("length", "truncated", 1, "The ans", ""),
    ("filter", "filtered", 1, "The", ""),
    ("refusal", "ok", 1, "I cannot help.", ""),
    ("think", "ok", 1, "42", ""),
    ("unclosed", "truncated", 1, "", ""),
    ("reasoning", "ok", 1, "42", ""),
    ("parts", "ok", 1, "42", ""),
    ("no_usage", "ok", 1, TEXT, ""),
    ("nul", "ok", 1, "a\ufffdb", ""),
    ("surrogate", "ok", 1, "a\ufffdb\ufffd😀", ""),
    ("bidi", "ok", 1, BIDI, ""),
    ("megabyte", "ok", 1, "x" * 1_000_000, ""),
    # worth another try
    ("408 ok", "ok", 2, TEXT, ""),
    ("409 ok", "ok", 2, TEXT, ""),
    ("429 ok", "ok", 2, TEXT, ""),
    ("429_after ok", "ok", 2, TEXT, ""),
    ("500 ok", "ok", 2, TEXT, ""),
    ("502 503 ok", "ok", 3, TEXT, ""),
    ("529 ok", "ok", 2, TEXT, ""),
    ("reset ok", "ok", 2, TEXT, ""),
    ("truncated ok", "ok", 2, TEXT, ""),
    ("not_utf8 ok", "ok", 2, TEXT, ""),
    ("no_choices ok", "ok", 2, TEXT, ""),
    ("schema ok", "ok", 2, TEXT, ""),
    ("error_200 ok", "ok", 2, TEXT, ""),
    ("broken_off ok", "ok", 2, TEXT, ""),
    # for ever
    ("429", "infra_error", 3, "", "HTTP 429: Rate limit reached"),
    ("500", "infra_error", 3, "", "HTTP 500: Internal server error"),
    ("502", "infra_error", 3, "", "HTTP 502: <html>Bad gateway</html>"),
    ("503", "infra_error", 3, "", "HTTP 503: Overloaded"),
    ("reset", "infra_error", 3, "", ("RemoteProtocolError", "ClientPayloadError")),
    ("truncated", "infra_error", 3, "", "the response is not JSON"),
    ("no_choices", "infra_error", 3, "", "the response has no choices"),
    ("schema", "infra_error", 3, "", "the response has no choices"),
    ("list", "infra_error", 3, "", "the response has no choices"),
    ("error_200", "infra_error", 3, "", "the response has no choices: the backend is gone"),
    ("broken_off", "infra_error", 3, "", "finish_reason error"),
    # asking again makes no sense
    ("400", "infra_error", 1, "", "HTTP 400: temperature must be non-negative"),
    ("422", "infra_error", 1, "", "HTTP 422: Input should be a valid list"),
    ("max_tokens_vllm", "infra_error", 1, "", "max_model_len"),
    ("overflow_openai", "context_overflow", 1, "", "maximum context length"),
    ("overflow_vllm", "context_overflow", 1, "", "maximum context length"),
    ("overflow_llamacpp", "context_overflow", 1, "", "available context size"),
    ("filter_azure", "filtered", 1, "", "content management policy"),
    ("filter_deepseek", "filtered", 1, "", "Content Exists Risk"),
    ("filter_dashscope", "filtered", 1, "", "inappropriate content"),
    ("filter_openrouter", "filtered", 1, "", "flagged"),
]


def test_every_fault_has_its_status(run: Run) -> None:
    done = run(*(row[0] for row in MATRIX))
    assert len(done) == len(MATRIX)
    for (script, status, attempts, text, said), completion in zip(MATRIX, done, strict=True):
        found = (completion.status, completion.attempts, completion.text)
        assert found == (status, attempts, text), script
        words = (said,) if isinstance(said, str) else said
        assert any(word in completion.error for word in words) and bool(said) == bool(completion.error), script
        assert run.server.seen[script] == attempts, script
    assert sorted(map(id, run.told)) == sorted(map(id, done))
    kept = [completion for completion in done if completion.status != "infra_error"]
    assert read(run.path) == {completion.identity: completion for completion in kept}


@pytest.mark.parametrize("script", ["hang", "drip"])
def test_a_server_that_never_finishes_is_given_up(run: Run, script: str) -> None:
    (done,) = run(script, timeout_s=0.3, retries=1)
    assert (done.status, done.attempts) == ("infra_error", 2)
    assert done.error == "no answer within 0.3 s"


def test_nobody_listens(run: Run) -> None:
    nobody = Endpoint(f"http://127.0.0.1:{free_port()}/v1", MODEL, "f")
    (done,) = run("ok", endpoint=nobody)
    assert (done.status, done.attempts) == ("infra_error", 3)
    assert "ConnectError" in done.error or "ClientConnectorError" in done.error


FATAL = [
    ("401", "refuses the key"),
    ("402", "says that the account cannot pay"),
    ("403", "forbids the request"),
    ("404", "does not know the model or the address"),
    ("quota", "says that the quota is used up"),
]


@pytest.mark.parametrize(("script", "said"), FATAL)
def test_what_no_request_can_survive_ends_the_call(run: Run, script: str, said: str) -> None:
    with pytest.raises(EngineError, match=said) as caught:
        run(*[script] * 40, gate=Gate(2))
    assert f"for model '{MODEL}'" in str(caught.value)
    assert run.server.seen[script] <= 8  # and not 40 times
    assert not run.told


def test_a_wrong_key_is_not_printed(run: Run) -> None:
    run.server.key = KEY
    run.server.port = port = free_port()
    wrong = Endpoint(f"http://127.0.0.1:{port}/v1", MODEL, "f", api_key="sk-wrong-canary")
    with pytest.raises(EngineError, match=r"refuses the key .* provided: Bearer \[key\]") as caught:
        run("ok", endpoint=wrong)
    assert "canary" not in str(caught.value) + repr(wrong)
    assert caught.value.__cause__ is None  # what the client raised holds it


def test_a_key_that_a_server_repeats_is_taken_out(run: Run) -> None:
    run.server.port = port = free_port()
    headers = {"x-api-key": "canary-header", "x-team": "blue"}
    known = Endpoint(f"http://127.0.0.1:{port}/v1", MODEL, "f", api_key="sk-canary", headers=headers)
    for completion in run("key_500", "key_200", endpoint=known, retries=0):
        assert completion.status == "infra_error" and "canary" not in completion.error
        assert "[key]" in completion.error


WAITS = [
    # script, at least, at most
    ("429 ok", 0, 0.5),
    ("429_nonsense ok", 0, 0.5),
    ("429_after ok", 7, 7.5),
    ("429_ms ok", 1.5, 2.0),
    ("429_date ok", 7, 9.5),
    ("429_long ok", 300, 300.5),
    ("503_after ok", 3, 3.5),
]


@pytest.mark.parametrize(("script", "least", "most"), WAITS)
def test_what_is_waited_before_the_next_attempt(run: Run, script: str, least: float, most: float) -> None:
    assert run(script)[0].status == "ok"
    (wait,) = run.waits
    assert least <= wait <= most


def test_waits_grow_and_differ(run: Run) -> None:
    run(*(f"503 #{number}" for number in range(40)), retries=3)
    assert 0.5 < max(run.waits) <= 2.0  # the third wait is up to 0.5 · 2²
    assert len(set(run.waits)) == len(run.waits) == 120


def test_the_gate_bounds_all_shards_together(run: Run) -> None:
    gate = Gate(5)
    run.server.delay_s = 0.02

    async def shards() -> list[list[Completion]]:
        async with run.server:
            at = Endpoint(run.server.base_url, MODEL, "f")
            journals = [Journal(run.path.with_name(f"{number}.jsonl")) for number in range(3)]
            work = [
                generate(
                    [ask(f"ok #{j} {n}", n) for n in range(20)],
                    at,
                    Sampling(),
                    Limits(gate, transport=run.transport),
                    journal,
                    run.on_done,
                )
                for j, journal in enumerate(journals)
            ]
            return await asyncio.gather(*work)

    assert [len(done) for done in asyncio.run(shards())] == [20, 20, 20]
    assert run.server.most_in_flight == 5


def test_a_stopped_gate_ends_cleanly(run: Run) -> None:
    gate = Gate(2)

    def stop_after_five(completion: Completion) -> None:
        run.told.append(completion)
        if len(run.told) == 5:
            gate.stop()

    run.on_done = stop_after_five
    done = run(*(f"ok #{number}" for number in range(50)), gate=gate)
    assert 5 <= len(done) <= 10
    assert len(read(run.path)) == len(done) == sum(run.server.seen.values())


def test_what_a_completion_carries(run: Run) -> None:
    price = Price(input=10, cached_input=1, output=100, thinking=200)
    (done,) = run("think", price=price)
    assert (done.prompt_tokens, done.completion_tokens, done.thinking_tokens, done.cached_tokens) == (100, 50, 20, 60)
    # 40 fresh at 10, 60 cached at 1, 30 answer at 100, 20 thinking at 200, per million
    assert done.cost_usd is not None and math.isclose(done.cost_usd, (400 + 60 + 3000 + 4000) / 1e6)
    assert (done.thinking, done.finish_reason, done.system_fingerprint) == ("hm", "stop", "fp_test")
    assert done.latency_ms is not None and done.created_at.endswith("+00:00")


def test_no_price_or_no_counts_is_no_cost(run: Run) -> None:
    priced, unpriced = run("no_usage", price=Price(input=1, output=1))[0], run("ok #2")[0]
    assert priced.cost_usd is None and unpriced.cost_usd is None
    assert (priced.prompt_tokens, priced.thinking_tokens) == (None, None)


def test_headers_and_body_arrive(run: Run) -> None:
    run.server.port = port = free_port()
    at = Endpoint(f"http://127.0.0.1:{port}/v1", "m", "f", api_key="k", headers={"X-A": "b"}, extra_body={"top_k": 3})
    run("ok", endpoint=at)
    assert run.server.headers[0]["Authorization"] == "Bearer k" and run.server.headers[0]["X-A"] == "b"
    assert run.server.bodies[0]["top_k"] == 3 and run.server.bodies[0]["max_tokens"] == 9


def test_a_model_whose_template_opens_the_thinking(run: Run) -> None:
    run.server.port = port = free_port()
    thinks = Endpoint(f"http://127.0.0.1:{port}/v1", "m", "f", thinks=True)
    found = [(c.status, c.text, c.thinking) for c in run("ok", "null", "reasoning", endpoint=thinks)]
    assert found == [("truncated", "", TEXT), ("empty", "", ""), ("ok", "42", "hm")]


def test_nothing_to_do(run: Run) -> None:
    assert run() == []
