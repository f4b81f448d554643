"""Draft, then refine: what each model is shown and in which language, sums of both, and the embedded model for real."""

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import ValidationError

from flows.cli import main
from tasks.engines import EngineContext, open_engine
from tasks.engines.client import open_client
from tasks.engines.composite import refine_prompts
from tasks.generate import Gate, Limits, generate
from tasks.journal import Journal
from tasks.languages import LANGUAGES
from tasks.plan import estimate
from tasks.schema import Completion, Item, Message, Request
from tasks.suite import Sampling, Suite

SEEN: list[dict[str, object]] = []


class Page(BaseHTTPRequestHandler):
    """Model 'fast' drafts with thinking in tags, 'strong' answers in the item's language."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        SEEN.append(body)
        text = "<think>hm</think>Entwurf" if body["model"] == "fast" else "Endgültig"
        usage = {"prompt_tokens": 10, "completion_tokens": 5 if body["model"] == "fast" else 7}
        choice = {"message": {"content": text}, "finish_reason": "stop"}
        answer = json.dumps({"choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    SEEN.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


def suite(models: list[dict[str, object]]) -> Suite:
    return Suite.model_validate_json(json.dumps({"name": "s", "models": models, "datasets": ["babel_math"]}))


def answers(made: Suite, folder: Path, lang: str, *, max_tokens: int) -> list[Completion]:
    pair = made.models[-1]
    item = Item("d", "1", lang, "1", "1", "1", "open", "Frage", ("x",))
    request = Request(item, (Message("system", "S"), Message("user", "Frage")), 0, 0, "key")

    async def main() -> list[Completion]:
        context = EngineContext(home=folder, data_dir=None, env=os.environ)
        async with (
            open_engine(pair, context) as served,
            open_client(served, "lean", timeout_s=60, connections=2) as asker,
        ):
            with Journal(folder / "j.jsonl") as journal:
                limits = Limits(Gate(2), retries=0, price=pair.price)
                return await generate(
                    [request], asker, Sampling(max_tokens=max_tokens), limits, journal, lambda _: None
                )

    return asyncio.run(main())


def test_the_second_model_sees_the_draft_and_is_told_in_the_items_language(address: str, tmp_path: Path) -> None:
    made = suite([
        {"name": "fast", "engine": "openai", "model": "fast", "base_url": address, "price": {"input": 1, "output": 2},
         "sampling": {"temperature": 0.7}},
        {"name": "strong", "engine": "openai", "model": "strong", "base_url": address,
         "price": {"input": 10, "output": 100, "currency": "EUR", "usd": 2.0}},
        {"name": "both", "engine": "composite", "draft": "fast", "refine": "strong"},
    ])  # fmt: skip
    assert Suite.model_validate_json(made.model_dump_json()) == made  # as a run's record keeps it
    (done,) = answers(made, tmp_path, "de", max_tokens=50)
    drafting, refining = SEEN
    assert [m["content"] for m in drafting["messages"]] == ["S", "Frage"]  # type: ignore[index,union-attr]
    assert (drafting["temperature"], drafting["max_tokens"]) == (0.7, 50)
    assert refining["temperature"] == 0.0
    assert [(m["role"], m["content"]) for m in refining["messages"]] == [  # type: ignore[index,union-attr]
        ("system", "S"), ("user", "Frage"), ("assistant", "Entwurf"), ("user", refine_prompts()["de"]),
    ]  # fmt: skip
    assert (done.status, done.text, done.thinking) == ("ok", "Endgültig", "[draft]\nEntwurf")
    assert (done.prompt_tokens, done.completion_tokens) == (20, 12)
    # Each at its own price: 10 + 2·5 millionths of a dollar, and 10·10 + 7·100 of a euro that was worth two.
    assert done.cost_usd == pytest.approx((20 + 2 * 800) / 1e6)


def test_a_language_without_a_refining_prompt_is_an_error_of_ours(address: str, tmp_path: Path) -> None:
    made = suite([{"name": "fast", "engine": "openai", "model": "fast", "base_url": address},
                  {"name": "both", "engine": "composite", "draft": "fast", "refine": "fast"}])  # fmt: skip
    (done,) = answers(made, tmp_path, "yo", max_tokens=5)
    assert (done.status, done.error, SEEN) == ("infra_error", "there is no refining prompt in 'yo'", [])


def test_languages_without_a_refining_prompt_are_refused_before_anything_starts(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.yaml"
    models = [{"name": "fast", "engine": "openai", "model": "fast", "base_url": address},
              {"name": "both", "engine": "composite", "draft": "fast", "refine": "fast"}]  # fmt: skip
    path.write_text(json.dumps({"name": "s", "models": models, "datasets": ["belebele_jv_su"]}), encoding="utf-8")
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path / "home"))
    assert main(["run", str(path)]) == 64
    said = capsys.readouterr().err
    assert "model 'both' cannot refine drafts in jv, su: there is no prompt for it in refine_prompts.json;" in said
    assert (said.count("\n"), SEEN) == (1, [])


def test_a_plan_estimates_both_calls_each_at_its_own_price_and_currency() -> None:
    made = suite([
        {"name": "fast", "engine": "llamacpp", "price": {"input": 1, "output": 2}},
        {"name": "strong", "engine": "llamacpp", "price": {"input": 10, "output": 100, "currency": "EUR", "usd": 2.0}},
        {"name": "free", "engine": "llamacpp"},
        {"name": "both", "engine": "composite", "draft": "fast", "refine": "strong"},
        {"name": "half", "engine": "composite", "draft": "fast", "refine": "free"},
        {"name": "whole", "engine": "composite", "draft": "fast", "refine": "free", "price": {"input": 1, "output": 1}},
    ])  # fmt: skip
    found = {m.name: estimate(m, [(100, 40), (200, 40)], shard_count=1, tokens_per_s=10) for m in made.models}
    assert {name: each.usd and round(each.usd * 1e6) for name, each in found.items()} == {
        "fast": 300 + 2 * 40, "strong": 2 * (3000 + 4000), "free": None,
        "both": 380 + 2 * (10 * 340 + 4000), "half": None, "whole": 640 + 80,
    }  # fmt: skip
    assert [(each.input_tokens, each.output_tokens, each.seconds) for each in (found["fast"], found["both"])] == [
        (300, 40, 4.0), (640, 80, 8.0),
    ]  # fmt: skip


BAD = [
    ({"draft": "a", "refine": "nosuch"}, "refine names 'nosuch', the suite has a"),
    ({"draft": "both", "refine": "a"}, "draft names 'both', which cannot be asked anew"),
    ({"draft": "a"}, "refine"),
]


@pytest.mark.parametrize(("settings", "sentence"), BAD)
def test_a_pair_that_cannot_be(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        suite([{"name": "a", "engine": "llamacpp"}, {"name": "both", "engine": "composite"} | settings])


def test_prompts_are_for_known_languages_and_differ() -> None:
    prompts = refine_prompts()
    assert prompts.keys() <= LANGUAGES.keys() and len(prompts) >= 40
    assert len(set(prompts.values())) == len(prompts)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_embedded_model_corrects_itself(tmp_path: Path) -> None:
    small = {"name": "smol", "engine": "llamacpp", "context": 512, "price": {"input": 1, "output": 1}}
    made = suite([small, {"name": "both", "engine": "composite", "draft": "smol", "refine": "smol"}])
    (done,) = answers(made, tmp_path, "en", max_tokens=12)
    assert done.status in ("ok", "truncated") and done.text and done.thinking.startswith("[draft]\n")
    assert len(list((tmp_path / "logs").glob("*.log"))) == 1  # one server for both
    assert done.cost_usd == pytest.approx(((done.prompt_tokens or 0) + (done.completion_tokens or 0)) / 1e6)
