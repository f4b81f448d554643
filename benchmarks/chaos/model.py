"""A model server to be killed: answers after a short while, and writes down what it was asked and what it answered.

    python benchmarks/chaos/model.py PORT LOG

Each answer holds the digest of its prompt, so that a completion on disk names the request that it was paid for.
"""

import asyncio
import hashlib
import sys
from pathlib import Path

from aiohttp import web

DELAY_S = 0.2


def prompt_digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


async def serve(port: int, log: Path) -> None:
    with log.open("a", buffering=1) as file:  # a line at a time: what is written survives our own kill -9

        async def complete(request: web.Request) -> web.Response:
            body = await request.json()
            said = body["model"] + " ".join(message["content"] for message in body["messages"])
            digest = prompt_digest(said)
            file.write(f"asked {digest}\n")
            await asyncio.sleep(DELAY_S)
            file.write(f"answered {digest}\n")
            message = {"role": "assistant", "content": f"Answer: 5 <{digest}>"}
            usage = {"prompt_tokens": 50, "completion_tokens": 5}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            return web.json_response({"object": "chat.completion", "choices": [choice], "usage": usage})

        app = web.Application()
        app.router.add_post("/v1/chat/completions", complete)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
