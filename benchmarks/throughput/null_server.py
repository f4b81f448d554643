"""An OpenAI-compatible server that thinks of nothing: one fixed answer after a fixed delay, as cheap as Python allows.

A protocol of asyncio's own, because an ASGI framework would cost more per request than the clients that are measured.

    python benchmarks/throughput/null_server.py [--port 8001] [--delay-ms 50]
"""

import argparse
import asyncio
import gc
import json

ANSWER = {
    "id": "chatcmpl-0",
    "object": "chat.completion",
    "created": 1,
    "model": "null",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Let us add the numbers one by one. Answer: 42"},
        }
    ],
    "usage": {"prompt_tokens": 120, "completion_tokens": 14, "total_tokens": 134},
}


def _response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


COMPLETION = _response(json.dumps(ANSWER).encode())
MODELS = _response(json.dumps({"object": "list", "data": [{"id": "null", "object": "model"}]}).encode())


class Null(asyncio.Protocol):
    """One connection: reads whole requests, looks at nothing but their length and method."""

    delay_s = 0.05

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                if b"100-continue" in head:
                    self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            self.buffer = self.buffer[end + 4 + length :]
            if head.startswith(b"get"):
                self.transport.write(MODELS)
            elif self.delay_s:
                self.loop.call_later(self.delay_s, self.transport.write, COMPLETION)
            else:
                self.transport.write(COMPLETION)


async def serve(port: int, delay_s: float) -> None:
    """Serve until ended; says where once it listens."""
    Null.delay_s = delay_s
    server = await asyncio.get_running_loop().create_server(Null, "127.0.0.1", port, backlog=2048)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=50)
    arguments = parser.parse_args()
    gc.disable()  # nothing here makes cycles
    asyncio.run(serve(arguments.port, arguments.delay_ms / 1000))


if __name__ == "__main__":
    main()
