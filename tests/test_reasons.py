"""Why servers do not start: the reason and what mends it, from the ends of logs as servers write them."""

from pathlib import Path

import pytest

from tasks.engines.reasons import KNOWN, explain, log_reason

LOGS = Path(__file__).parent / "data" / "server_logs"

# Log → the reason's name, and words of what mends it.
CASES = {
    "vllm_out_of_memory": ("out of GPU memory", "tensor_parallel_size"),
    "vllm_no_cache": ("no memory left for the cache", "raise gpu_memory_utilization"),
    "vllm_context": ("context too long for the cache", "lower max_model_len"),
    "vllm_gpu_held": ("GPU held by another process", "end it"),
    "vllm_architecture": ("unknown architecture", "take a newer one"),
    "vllm_flag": ("bad flag", "does not know '--no-such-flag'"),
    "vllm_value": ("bad flag", "the value of '--max-model-len'"),
    "vllm_port": ("port in use", "run it again"),
    "vllm_heads": ("tensor parallel does not divide", "divides the model's heads"),
    "vllm_world": ("too few GPUs", "fewer GPUs"),
    "vllm_driver": ("no driver", "make vllm-cpu"),
    "vllm_gated": ("gated or unknown model", "check the name"),
    "vllm_dtype": ("number format", "dtype: float16"),
    "llamacpp_architecture": ("unknown architecture", "take a newer one"),
    "llamacpp_magic": ("broken model file", "fetch it again"),
    "llamacpp_memory": ("out of memory", "too little memory"),
}


@pytest.mark.parametrize(("name", "expected"), CASES.items())
def test_a_known_reason_is_told_with_what_mends_it(name: str, expected: tuple[str, str]) -> None:
    log = LOGS / f"{name}.log"
    said = log_reason(log)
    reason, words = expected
    assert said.startswith(f"{reason}: ") and words in said
    assert f"(log: {log})" in said and "\n" not in said


def test_every_known_reason_and_every_log_has_a_case() -> None:
    assert {reason for reason, _ in CASES.values()} == {known.name for known in KNOWN}
    assert {path.stem for path in LOGS.glob("*.log")} == CASES.keys()


@pytest.mark.parametrize(
    "text", ["", "INFO: Application startup complete.", "ValueError: something else", "memory usage is fine"]
)
def test_other_logs_have_no_known_reason(text: str) -> None:
    assert explain(text) == ""
