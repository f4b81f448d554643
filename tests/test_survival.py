"""A server that dies under its requests: started again once, who was not answered is asked again, nothing twice."""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tasks.engines import EngineContext, EngineError, open_engine
from tasks.engines.process import Server, ServerCommand, free_port, serve
from tasks.generate import Gate, Limits, generate
from tasks.journal import Journal, read
from tasks.schema import Completion, Endpoint, Item, Message, Request
from tasks.suite import LlamaCpp, Sampling

# Answers after a moment; ends itself with the first request of each life that asks for it.
SERVER = """
import http.server, json, os, signal, sys, threading, time
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.answer(b"{}")
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        text = body["messages"][0]["content"]
        with open(sys.argv[2], "a") as file:
            file.write(text + "\\n")
        if text.startswith("die") and not os.path.exists(sys.argv[2] + text):
            open(sys.argv[2] + text, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)
        choice = {"message": {"content": "answer to " + text}, "finish_reason": "stop"}
        self.answer(json.dumps({"choices": [choice]}).encode())
    def answer(self, body):
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
if os.path.exists(sys.argv[2] + "taken"):
    raise OSError(98, "Address already in use")
Server(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""


def request(text: str) -> Request:
    item = Item("d", "1", "en", text, text, text, "open", text, ("x",))
    return Request(item, (Message("user", text),), 0, 0, f"key {text}")


def command(folder: Path) -> ServerCommand:
    port = free_port()
    return ServerCommand(
        name="the test server", arguments=[sys.executable, "-c", SERVER, str(port), str(folder / "asked")],
        env=dict(os.environ), log=folder / "server.log", port=port, health="/health", start_timeout_s=240,
    )  # fmt: skip


async def ask_all(folder: Path, texts: list[str]) -> tuple[list[Completion], int]:
    made = command(folder)
    async with serve(made) as server:
        endpoint = Endpoint(f"{made.origin}/v1", "m", "f", server=server)
        with Journal(folder / "j.jsonl") as journal:
            limits = Limits(Gate(8), retries=0, timeout_s=240)
            done = await generate([request(t) for t in texts], endpoint, Sampling(), limits, journal, lambda _: None)
        return done, server.lives


def test_a_death_costs_no_request_an_attempt(tmp_path: Path) -> None:
    texts = [f"q{number}" for number in range(40)]
    texts[17] = "die"
    done, lives = asyncio.run(ask_all(tmp_path, texts))
    assert lives == 2
    assert [(c.status, c.text, c.attempts) for c in done] == [("ok", f"answer to {text}", 1) for text in texts]
    assert len((tmp_path / "j.jsonl").read_text().splitlines()) == 40  # each written down once
    asked = (tmp_path / "asked").read_text().split()
    assert asked.count("die") == 2 and 40 < len(asked) <= 48  # only what was under way was sent again
    assert (tmp_path / "server.died.log").exists()


def test_a_second_death_is_the_end(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="was ended by SIGKILL while it was answering, for the second time"):
        asyncio.run(ask_all(tmp_path, [*"abcdefghijkl", "die1", *"mnopqrstuvwx", "die2", *"yz"]))
    kept = {json.loads(line)["text"] for line in (tmp_path / "j.jsonl").read_text().splitlines()}
    assert "answer to a" in kept  # what was answered before is not lost


def test_a_server_that_does_not_come_back(tmp_path: Path) -> None:
    async def main() -> None:
        made = command(tmp_path)
        async with serve(made) as server:
            (tmp_path / "askedtaken").touch()
            os.killpg(server.process.pid, signal.SIGKILL)
            await server.fell(1)
            await server.ready()

    with pytest.raises(EngineError, match=r"was ended by SIGKILL .*answering; .*port in use"):
        asyncio.run(main())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_embedded_server_killed_in_mid_run(tmp_path: Path) -> None:
    texts = [f"Count from {number} to {number + 3}." for number in range(24)]
    context = EngineContext(home=tmp_path, data_dir=None, env=os.environ)
    killed: list[int] = []

    async def main() -> tuple[list[Completion], Server]:
        async with open_engine(LlamaCpp(name="smol", engine="llamacpp", context=256), context) as engine:
            assert isinstance(engine, Endpoint) and isinstance(engine.server, Server)
            supervisor = engine.server.process.pid

            def kill_once(_: Completion) -> None:
                if len(read(tmp_path / "j.jsonl")) >= 6 and not killed:
                    killed.extend(children(supervisor))
                    os.kill(killed[0], signal.SIGKILL)

            with Journal(tmp_path / "j.jsonl") as journal:
                limits = Limits(Gate(4), retries=0, timeout_s=200)
                asked = [request(text) for text in texts]
                return await generate(asked, engine, Sampling(max_tokens=16), limits, journal, kill_once), engine.server

    began = time.monotonic()
    done, server = asyncio.run(main())
    assert killed and server.lives == 2, f"{time.monotonic() - began:.0f} s"
    assert len(done) == 24 and {c.status for c in done} <= {"ok", "truncated"}
    assert len(read(tmp_path / "j.jsonl")) == len((tmp_path / "j.jsonl").read_text().splitlines()) == 24


def test_the_end_is_not_lost_in_a_restart(tmp_path: Path) -> None:
    async def main(moments: int) -> None:
        async with serve(command(tmp_path)) as server:
            os.killpg(server.process.pid, signal.SIGKILL)
            await server.process.wait()
            for _ in range(moments):
                await asyncio.sleep(0)
        assert server.process.returncode is not None

    for moments in range(6):
        asyncio.run(asyncio.wait_for(main(moments), 60))


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
