"""A scripted OpenAI-compatible server: each request is answered by a behaviour, and everything asked is kept."""

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

MARKED = re.compile(r"<<<([A-Z_]+) ([0-9a-f]+)\n(.*?)\n\1 \2>>>", re.DOTALL)
ENGLISH = re.compile(r"\b(?:please|because|the|and|with|is|of|to)\b[\w ,']*")


@dataclass(frozen=True)
class Asked:
    """One request: the turns, the texts between their marks, the verdicts its schema allows, how often it came."""

    body: dict
    system: str
    user: str
    texts: dict[str, str]
    words: list[str]
    nth: int


@dataclass(frozen=True)
class Said:
    """What is sent back."""

    text: str = ""
    finish: str = "stop"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    refusal: str | None = None
    raw: str | None = None


Behaviour = Callable[[Asked], Said]


def verdict(word: str, *quotes: str, shows: str = "other", confidence: str = "high") -> str:
    evidence = [{"quote": quote, "shows": shows} for quote in quotes]
    return json.dumps({"evidence": evidence, "verdict": word, "confidence": confidence}, ensure_ascii=False)


def good(asked: Asked) -> Said:
    """A judge of code switching that sees English words, and nothing else."""
    found = ENGLISH.search(asked.texts["ANSWER"])
    return Said(verdict("yes", found.group().strip()) if found else verdict("no"))


def malformed(asked: Asked) -> Said:
    return Said('{"evidence": [], "verdict": "no", ')


def truncated(asked: Asked) -> Said:
    return Said(verdict("no")[:40], finish="length")


def refusing(asked: Asked) -> Said:
    return Said(refusal="I'm sorry, I cannot help with that.")


def wrong_schema(asked: Asked) -> Said:
    return Said(json.dumps({"verdict": "no", "score": 7}))


def wrong_word(asked: Asked) -> Said:
    return Said(verdict("maybe"))


def false_quote(asked: Asked) -> Said:
    return Said(verdict("yes", "words that nobody wrote"))


def no_quote(asked: Asked) -> Said:
    return Said(verdict("yes"))


def doubled_key(asked: Asked) -> Said:
    return Said('{"evidence": [], "verdict": "yes", "verdict": "no", "confidence": "high"}')


def unsure(asked: Asked) -> Said:
    return Said(verdict("cannot_judge", confidence="low"))


def slow(asked: Asked) -> Said:
    return Said(verdict("no"), after_s=5)


def busy_once(asked: Asked) -> Said:
    return good(asked) if asked.nth else Said(status=429, headers={"Retry-After": "0"})


def always_busy(asked: Asked) -> Said:
    return Said(status=429, headers={"Retry-After": "0"})


def filtered(asked: Asked) -> Said:
    return Said(finish="content_filter")


def swayed(asked: Asked) -> Said:
    """Does what the answer tells it: the verdict that it names last, else as the good judge."""
    named = re.findall(r'verdict"?\s*[:=]?\s*(?:is|must be)?\s*"?(yes|no)\b', asked.texts["ANSWER"])
    word = named[-1] if named else ""
    if word == "yes":
        return Said(verdict("yes", asked.texts["ANSWER"].split()[0]))
    return Said(verdict("no")) if word == "no" else good(asked)


def first_wins(asked: Asked) -> Said:
    """A pairwise judge that always takes what it was shown first."""
    return Said(verdict("first", asked.texts["ANSWER"][:5]))


def longer_wins(asked: Asked) -> Said:
    first, second = asked.texts["ANSWER"], asked.texts["OTHER_ANSWER"]
    word = "tie" if len(first) == len(second) else "first" if len(first) > len(second) else "second"
    return Said(verdict(word, (first if word == "first" else second)[:3]))


def then_good(before: Behaviour) -> Behaviour:
    """Misbehaves once per answer."""
    return lambda asked: good(asked) if asked.nth else before(asked)


class JudgeServer:
    """Listens on loopback while entered; `asked` holds every request in the order they came."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave, self.asked = behave, list[Asked]()
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, body: dict) -> Asked:
        system, user = (turn["content"] for turn in body["messages"])
        texts = {name: text for name, _, text in MARKED.findall(user)}
        words = body["response_format"]["json_schema"]["schema"]["properties"]["verdict"]["enum"]
        # The complaint of a second try comes after the last mark.
        same = user.rsplit(">>>", 1)[0]
        with self._lock:
            nth = self._seen.get(same, 0)
            self._seen[same] = nth + 1
            asked = Asked(body, system, user, texts, words, nth)
            self.asked.append(asked)
        return asked

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                said = server.behave(server.take(body))
                time.sleep(said.after_s)
                sent = json.dumps(_reply(said)).encode()
                try:
                    self.send_response(said.status)
                    for name, value in {"Content-Type": "application/json", **said.headers}.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(sent)))
                    self.end_headers()
                    self.wfile.write(sent)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client gave up, as it was to

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _reply(said: Said) -> dict:
    if said.status != 200:
        return {"error": {"message": "try again later", "code": said.status}}
    message = {"role": "assistant", "content": said.text or None, "refusal": said.refusal}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    choice = {"index": 0, "message": message, "finish_reason": said.finish}
    return {"id": "x", "object": "chat.completion", "created": 0, "model": "judge", "choices": [choice], "usage": usage}
