"""Finds how many requests an endpoint takes at once: starts high, backs off when it queues or says that it is busy."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from tasks.engines.process import fetch
from tasks.engines.throttle import Gate

HIGHEST = 1024
_LOWEST = 1
_SHRINK = 0.7
_LOOK_EVERY_S = 1.0
_GAUGE = re.compile(rb"^vllm:num_requests_(running|waiting)(?:\{[^}]*\})? ([0-9.eE+]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Load:
    """What a vLLM server works on, and what it holds back for want of memory or seats."""

    running: int
    waiting: int


class Pace:
    """Moves a gate's limit: additive increase while all is well, a cut when the endpoint is busy (AIMD, as in TCP).

    A cut counts once for all requests that were under way when it was made: they left before it could help. A pace
    that does not move leaves the limit as the suite gives it.
    """

    def __init__(self, gate: Gate, *, moves: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self.gate, self.moves = gate, moves
        self._highest = gate.limit
        self._clock, self._cut_at, self._since_cut = clock, -1e9, 0

    def busy(self) -> None:
        """The endpoint said 429 or 503."""
        if self.moves and self._clock() - self._cut_at > _LOOK_EVERY_S:
            self._cut_at, self._since_cut = self._clock(), 0
            self.gate.limit = max(_LOWEST, int(min(self.gate.limit, self.gate.under_way) * _SHRINK))

    def served(self) -> None:
        """An answer came: one place more after each full round without a complaint, up to where we started."""
        self._since_cut += 1
        if self.moves and self._since_cut >= self.gate.limit < self._highest:
            self._since_cut = 0
            self.gate.limit += 1

    def look(self, load: Load) -> None:
        """Follow what the server shows of itself: keep an eighth more than it runs waiting at its door, no more."""
        if not self.moves:
            return
        spare = max(8, load.running // 8)
        if load.waiting > 2 * spare:
            self._highest = self.gate.limit = load.running + spare
        elif load.waiting == 0 and self.gate.wanted and self.gate.under_way >= self.gate.limit:
            self._highest = self.gate.limit = min(HIGHEST, self.gate.limit + spare)


def read_load(page: bytes) -> Load | None:
    """Running and waiting requests from vLLM's /metrics, summed over its engines; None where it does not tell."""
    found: dict[bytes, float] = {}
    for name, value in _GAUGE.findall(page):
        found[name] = found.get(name, 0.0) + float(value)
    if len(found) < 2:
        return None
    return Load(round(found[b"running"]), round(found[b"waiting"]))


@asynccontextmanager
async def watching(pace: Pace, base_url: str) -> AsyncIterator[None]:
    """While entered, look at a vLLM server's load every second; one that shows none is left alone."""
    watcher = asyncio.create_task(_watch(pace, base_url.removesuffix("/v1") + "/metrics"))
    try:
        yield
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher


async def _watch(pace: Pace, url: str) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        page = await asyncio.to_thread(fetch, url)
        load = read_load(page) if page else None
        if load is None:
            return
        pace.look(load)
