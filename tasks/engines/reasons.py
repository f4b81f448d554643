"""Why a server did not start or died: what its log says, and for the known reasons what mends them."""

import re
from pathlib import Path
from typing import NamedTuple

_TAIL_BYTES = 200_000
_REASON = re.compile(r"(?:\b[A-Za-z_.]*(?:Error|Exception)|\berror): \S.*")
# Talk of errors that is none, and what a server says when the reason stands further up.
_NO_REASON = (" WARNING ", " INFO ", " DEBUG ", "See root cause above", "Engine core initialization failed")


class Known(NamedTuple):
    """A reason that a log tells by `pattern`; `suggestion` may hold its groups."""

    name: str
    pattern: re.Pattern[str]
    suggestion: str


def _known(name: str, pattern: str, suggestion: str) -> Known:
    return Known(name, re.compile(pattern, re.IGNORECASE), suggestion)


# The first that matches is told: the narrower ones come first.
KNOWN = (
    _known(
        "port in use",
        r"address already in use|Errno 98\b|couldn't bind HTTP server socket",
        "another program took the port between asking and starting: run it again",
    ),
    _known(
        "bad flag",
        r"unrecognized arguments?: (?P<flag>[^\n]+)",
        "the server does not know '{flag}': take it out of the model's args, or look for its name in this version",
    ),
    _known(
        "bad flag",
        r"argument (?P<flag>--?[\w/, -]+?): (?:invalid|expected)",
        "the value of '{flag}' is not one that the server takes: see its --help",
    ),
    _known(
        "unknown architecture",
        r"Model architectures? \[?'?(?P<what>[\w', ]+?)'?\]? (?:are|is) not supported|"
        r"does not recognize this architecture|unknown model architecture: '(?P<gguf>[^']+)'",
        "this version of the server does not know the architecture: take a newer one, or another model",
    ),
    _known(
        "context too long for the cache",
        r"max(?:imum)? (?:seq(?:uence)? len(?:gth)?|model len(?:gth)?) \(?(?P<len>\d+)\)? is larger than|"
        r"To serve at least one request with the models?'s max seq len \((?P<asked>\d+)\)",
        "lower max_model_len, raise gpu_memory_utilization, or set --kv-cache-dtype fp8; "
        "'babelgate plan … --gpu …' says what fits",
    ),
    _known(
        "no memory left for the cache",
        r"No available memory for the cache blocks",
        "raise gpu_memory_utilization, quantise, or spread the model with tensor_parallel_size; "
        "'babelgate plan … --gpu …' says what fits",
    ),
    _known(
        "GPU held by another process",
        r"Free memory on device.{0,80}is less than desired GPU memory utilization",
        "another process holds part of the GPU: end it, give this model other gpus, or lower gpu_memory_utilization",
    ),
    _known(
        "out of GPU memory",
        r"(?:CUDA|HIP)(?: error:)? out of memory|torch\.(?:cuda\.)?OutOfMemoryError|cudaMalloc failed: out of memory",
        "quantise, lower max_model_len or --max-num-seqs, or spread the model with tensor_parallel_size; "
        "'babelgate plan … --gpu …' says what fits",
    ),
    _known(
        "out of memory",
        r"std::bad_alloc|Cannot allocate memory|MemoryError|DefaultCPUAllocator: can't allocate memory|"
        r"Not enough memory for KV cache|unable to allocate .{0,40}buffer",
        "the machine has too little memory: a smaller or more strongly quantised model, or a shorter context",
    ),
    _known(
        "tensor parallel does not divide",
        r"(?:attention heads|num_heads|intermediate_size).{0,80}(?:must be|not) divisible by",
        "choose a tensor_parallel_size that divides the model's heads: 1, 2, 4 or 8 as a rule",
    ),
    _known(
        "too few GPUs",
        r"World size \(\d+\) is larger than the number of available GPUs|invalid device ordinal|"
        r"No CUDA GPUs are available|requires at least \d+ GPUs?",
        "the server sees fewer GPUs than it needs: lower gpus or tensor_parallel_size, or free some",
    ),
    _known(
        "no driver",
        r"Found no NVIDIA driver|CUDA driver version is insufficient|libcuda\.so.{0,60}cannot open|"
        r"Failed to infer device type",
        "no usable GPU driver here: check nvidia-smi, or build the CPU environment with 'make vllm-cpu'",
    ),
    _known(
        "gated or unknown model",
        r"is not a (?:valid model identifier|local folder)|gated repo|Repository Not Found|"
        r"couldn't connect to 'https://huggingface|Can't load the configuration of",
        "the model is neither a folder here nor on the hub under that name: check the name, the token and the network",
    ),
    _known(
        "number format",
        r"Bfloat16 is only supported on GPUs|dtype.{0,40}is not supported (?:for|on)",
        "set dtype: float16 (or float32 on a processor)",
    ),
    _known(
        "broken model file",
        r"invalid magic|failed to (?:load|read) (?:the )?(?:model|gguf)|SafetensorError|HeaderTooLarge|"
        r"tensor '.{0,80}' data is not within the file bounds",
        "the model's file is not whole: fetch it again",
    ),
)  # fmt: skip


def log_reason(log: Path, lines: int = 3) -> str:
    """The first error that a log names and its last lines, with what mends it where that is known, on one line."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError as error:
        return f"its log {log} cannot be read ({error.strerror})"
    kept = [line.strip() for line in text.splitlines() if line.strip()]
    if advice := explain(text):
        told = next((line for line in kept if _known_in(line)), "")
        return f"{advice} | {told[-400:]} (log: {log})"
    reason = next((found[0] for found in map(_REASON.search, filter(_may_tell, kept)) if found), "")
    tail = kept[-lines:]
    said = [reason, *tail] if reason and not any(reason in line for line in tail) else tail
    return f"{' | '.join(line[:600] for line in said) or 'it wrote nothing'} (log: {log})"


def explain(text: str) -> str:
    """'reason: what mends it' for a log whose reason is known; empty otherwise."""
    for known in KNOWN:
        if found := known.pattern.search(text):
            groups = {name: (value or "").strip() for name, value in found.groupdict().items()}
            return f"{known.name}: {known.suggestion.format(**groups)}"
    return ""


def _known_in(line: str) -> bool:
    return any(known.pattern.search(line) for known in KNOWN)


def _may_tell(line: str) -> bool:
    return not any(phrase in line for phrase in _NO_REASON)
