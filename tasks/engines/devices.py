"""The GPUs of this machine and who holds which: whole ones, or a share of one beside other models."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tasks.schema import UserError
from tasks.suite import Model

_WHOLE = 1.0
# Shares are added up as floats.
_SLACK = 1e-6


def visible(env: Mapping[str, str]) -> tuple[str, ...]:
    """The GPUs that a server may be given: those of CUDA_VISIBLE_DEVICES, else all that nvidia-smi lists.

    None are there without a driver, or where the variable is set to nothing.
    """
    said = env.get("CUDA_VISIBLE_DEVICES")
    if said is not None:
        return tuple(name.strip() for name in said.split(",") if name.strip() not in ("", "-1"))
    try:
        done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(str(number) for number, line in enumerate(done.stdout.splitlines()) if line.startswith("GPU "))


def wanted(model: Model) -> float:
    """How many GPUs a model's server takes: below 1 a share of one; 0 for what runs elsewhere or on the processor."""
    if model.engine == "composite":
        return sum(wanted(part) for part in {part.name: part for part in model.parts}.values())
    if model.engine != "vllm":
        return 0.0
    return float(model.gpus or model.tensor_parallel_size * model.data_parallel_size)


@dataclass(frozen=True, slots=True)
class Held:
    """GPUs given to a model: their names, and how much of each."""

    names: tuple[str, ...]
    share: float

    @property
    def env(self) -> dict[str, str]:
        """What the server's environment says, so that it sees no others; nothing on a machine without GPUs."""
        return {"CUDA_VISIBLE_DEVICES": ",".join(self.names)} if self.names else {}


class Devices:
    """Hands out GPUs, first come first served. On a machine without any, nothing is held and nobody waits."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._free = dict.fromkeys(names, _WHOLE)
        self._changed = asyncio.Condition()
        self._queue = asyncio.Lock()
        self._starting = asyncio.Lock()

    def check(self, model: Model) -> None:
        """UserError when the model wants more than there is."""
        if self.names and wanted(model) > len(self.names):
            raise UserError(
                f"model '{model.name}' wants {wanted(model):g} GPUs, there are {len(self.names)} "
                f"({', '.join(self.names)})"
            )

    def fits(self, need: float) -> bool:
        """Whether so much is free now."""
        return not self.names or self._choose(need) is not None

    @asynccontextmanager
    async def held(self, need: float) -> AsyncIterator[Held]:
        """So many GPUs, or a share of one, for as long as the context is open; waits until they are free."""
        if not self.names or need == 0:
            yield Held((), 0.0)
            return
        async with self._queue, self._changed:
            await self._changed.wait_for(lambda: self._choose(need) is not None)
            names, share = self._choose(need) or (), min(need, _WHOLE)
            for name in names:
                self._free[name] -= share
        try:
            yield Held(names, share)
        finally:
            async with self._changed:
                for name in names:
                    self._free[name] += share
                self._changed.notify_all()

    @asynccontextmanager
    async def starting(self) -> AsyncIterator[None]:
        """One server starts at a time: vLLM measures the GPU's free memory, and takes a neighbour's for its own."""
        async with self._starting:
            yield

    def _choose(self, need: float) -> tuple[str, ...] | None:
        """The fullest GPU that still has the share, or the first whole ones; None while there are none."""
        if need < _WHOLE:
            roomy = [name for name in self.names if self._free[name] >= need - _SLACK]
            return (min(roomy, key=lambda name: self._free[name]),) if roomy else None
        whole = [name for name in self.names if self._free[name] >= _WHOLE - _SLACK]
        return tuple(whole[: round(need)]) if len(whole) >= round(need) else None
