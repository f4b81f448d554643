"""How many requests an endpoint gets at once: one gate for all its shards, whatever loop or thread they run in."""

import asyncio
import threading
from collections import deque
from concurrent.futures import Future


class Gate:
    """At most `limit` requests under way; who comes first goes first. `stop` lets nobody else begin.

    Prefect may run shards in threads with loops of their own, where asyncio's semaphore does not reach.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.stopped = False
        self._free = limit
        self._waiting: deque[Future[None]] = deque()
        self._lock = threading.Lock()

    def stop(self) -> None:
        """What is under way ends normally, what waits is not begun: for a budget that is spent."""
        self.stopped = True

    async def __aenter__(self) -> None:
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return
            place: Future[None] = Future()
            self._waiting.append(place)
        try:
            await asyncio.wrap_future(place)
        except asyncio.CancelledError:
            if not place.cancel():  # it was our turn already: pass it on
                self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        with self._lock:
            while self._waiting:
                place = self._waiting.popleft()
                if place.set_running_or_notify_cancel():
                    place.set_result(None)
                    return
            self._free += 1
