"""GPUs by name: memory, bandwidth and arithmetic, as their makers' data sheets give them."""

import difflib
import re
from dataclasses import dataclass

from tasks.schema import UserError

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU: bytes as nvidia-smi shows them, TB/s, dense BF16 TFLOP/s (FP8 has twice that from Ada and Hopper on)."""

    name: str
    memory: int
    bandwidth: float
    tflops: float


# Memory is MiB of nvidia-smi: less than the name says, since makers count in powers of ten and ECC takes its part.
GPUS = {
    gpu.name: gpu
    for gpu in (
        Gpu("T4", 15360 * MIB, 0.32, 65),
        Gpu("L4", 23034 * MIB, 0.30, 121),
        Gpu("A10G", 23028 * MIB, 0.60, 70),
        Gpu("RTX3090", 24576 * MIB, 0.94, 71),
        Gpu("RTX4090", 24564 * MIB, 1.01, 165),
        Gpu("A40", 46068 * MIB, 0.70, 150),
        Gpu("L40S", 46068 * MIB, 0.86, 362),
        Gpu("A100-40GB", 40960 * MIB, 1.56, 312),
        Gpu("A100-80GB", 81920 * MIB, 2.04, 312),
        Gpu("H100", 81559 * MIB, 3.35, 989),
        Gpu("H200", 143771 * MIB, 4.80, 989),
        Gpu("B200", 183359 * MIB, 8.00, 2250),
    )
}


def gpu(name: str) -> Gpu:
    """A GPU by name, or by its memory in GiB ("48"): then with the bandwidth and arithmetic of an A100.

    UserError names the nearest one.
    """
    if re.fullmatch(r"\d+(\.\d+)?", name):
        return Gpu(f"{name} GiB", round(float(name) * GIB), 2.0, 312)
    known = {key.casefold(): found for key, found in GPUS.items()}
    if name.casefold() not in known:
        near = difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.4)
        hint = f"; did you mean '{known[near[0]].name}'?" if near else ""
        raise UserError(f"unknown GPU '{name}'{hint} (known: {', '.join(GPUS)}, or its memory in GiB)")
    return known[name.casefold()]
