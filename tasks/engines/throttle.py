"""How many requests an endpoint gets at once: one gate for all its shards, whatever loop or thread they run in."""

import asyncio
import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class _Waiting:
    """Someone who waits, in the loop that he waits in."""

    rank: int
    number: int
    turn: asyncio.Future[None] = field(compare=False)
    loop: asyncio.AbstractEventLoop = field(compare=False)


class Gate:
    """At most `limit` requests under way; the lowest rank goes first, then who came first. `stop` lets nobody begin.

    `limit` may be changed at any time. Prefect may run shards in threads with loops of their own, where asyncio's
    semaphore does not reach.
    """

    def __init__(self, limit: int) -> None:
        self.stopped = False
        self.under_way = 0
        self._limit = limit
        self._waiting: list[_Waiting] = []
        self._number = itertools.count()
        self._lock = threading.Lock()

    @property
    def limit(self) -> int:
        """How many may be under way at once."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        with self._lock:
            self._limit = max(1, limit)
            self._admit()

    @property
    def wanted(self) -> bool:
        """Somebody waits for a place."""
        return bool(self._waiting)

    def stop(self) -> None:
        """What is under way ends normally, what waits is not begun: for a budget that is spent."""
        self.stopped = True

    async def enter(self, rank: int = 0) -> None:
        """Take a place, when it is our turn; `leave` gives it back."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self.under_way < self._limit:
                self.under_way += 1
                return
            turn: asyncio.Future[None] = loop.create_future()
            heapq.heappush(self._waiting, _Waiting(rank, next(self._number), turn, loop))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was our turn already: pass it on
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place back."""
        with self._lock:
            self.under_way -= 1
            self._admit()

    async def __aenter__(self) -> None:
        await self.enter()

    async def __aexit__(self, *_: object) -> None:
        self.leave()

    def _admit(self) -> None:
        """Give free places to those who wait; called with the lock held."""
        while self._waiting and self.under_way < self._limit:
            first = heapq.heappop(self._waiting)
            if first.turn.cancelled():
                continue
            self.under_way += 1
            if first.loop is _running_loop():
                first.turn.set_result(None)
            else:
                first.loop.call_soon_threadsafe(self._call, first.turn)

    def _call(self, turn: asyncio.Future[None]) -> None:
        """In the loop of who waits: it is his turn, unless he has gone since."""
        if turn.cancelled():
            self.leave()
        else:
            turn.set_result(None)


class Once:
    """Does what it is for when it is first called, and nothing after."""

    __slots__ = ("_do",)

    def __init__(self, do: Callable[[], object]) -> None:
        self._do: Callable[[], object] | None = do

    def __call__(self) -> None:
        do, self._do = self._do, None
        if do:
            do()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
