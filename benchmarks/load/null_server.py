"""An OpenAI-compatible server that thinks nothing: it answers every chat completion alike after a set delay.

`python -m benchmarks.load.null_server --port 8111 --delay-ms 200`. GET /asked gives how many completions it was asked
for and how many of these were alike: what is paid twice is seen there.
"""

import argparse
import asyncio
import hashlib
import json
from collections import Counter

ANSWER = {
    "id": "null", "object": "chat.completion", "model": "null", "created": 0,
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Answer: 5"}}],
    "usage": {"prompt_tokens": 100, "completion_tokens": 200, "total_tokens": 300},
}  # fmt: skip


class Null:
    """Counts what it is asked, by model and content."""

    def __init__(self, delay_s: float) -> None:
        self.delay_s = delay_s
        self.asked: Counter[bytes] = Counter()
        self.answer = _reply(json.dumps(ANSWER).encode())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request, until the other side closes it."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                writer.write(await self._answer(head, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"GET /asked"):
            counts = {"asked": self.asked.total(), "distinct": len(self.asked)}
            return _reply(json.dumps(counts).encode())
        if not head.startswith(b"POST"):
            return _reply(b'{"object": "list", "data": [{"id": "null", "object": "model"}]}')
        self.asked[hashlib.sha256(body).digest()] += 1
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        return self.answer


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.split(b":", 1)[1])
    return 0


def _reply(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def run(port: int, delay_s: float) -> None:
    null = Null(delay_s)
    server = await asyncio.start_server(null.serve, "127.0.0.1", port, backlog=4096)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay-ms", type=float, default=0)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.port, arguments.delay_ms / 1000))
