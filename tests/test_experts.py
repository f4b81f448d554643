"""Which experts a mixture used: read as vLLM writes it, counted, packed, summed and landed."""

import asyncio
import base64
import io
import json
import uuid
from pathlib import Path

import numpy as np
import pytest

from tasks.engines.experts import add_up, count_experts, pack
from tasks.engines.reply import read_reply
from tasks.engines.vllm import flags
from tasks.generate import Gate, Limits, generate
from tasks.journal import Journal, read
from tasks.land_experts import land_experts
from tasks.plan import Shard
from tasks.schema import Completion, Endpoint, Item, Message, Request
from tasks.suite import Sampling, Vllm
from tests.fault_server import ROUTED, FaultServer, encoded
from warehouse.home import Home
from warehouse.parts import read_part


def counts(text: str) -> list[list[int]]:
    total = add_up([text])
    assert total is not None
    return total.tolist()


def test_choices_are_counted_by_layer_and_expert() -> None:
    # Three positions, layers: without experts, with 5 and with 300 of them, two to a token.
    ids = np.array([[[0, 0], [1, 4], [299, 0]], [[0, 0], [4, 1], [7, 299]], [[0, 0], [1, 2], [0, 7]]], np.uint16)
    found = np.array(counts(count_experts(encoded(ids))))
    assert found.shape == (3, 300)
    used = {(int(layer), int(expert)): int(found[layer, expert]) for layer, expert in np.argwhere(found)}
    assert used == {(1, 1): 3, (1, 2): 1, (1, 4): 2, (2, 0): 2, (2, 7): 2, (2, 299): 2}


def test_one_expert_a_token_may_be_the_first() -> None:
    assert counts(count_experts(encoded(np.zeros((4, 2, 1), np.uint8)))) == [[4], [4]]


UNREADABLE = {
    "no base64": "§",
    "no array": base64.b64encode(b"hello").decode(),
    "cut": encoded(np.zeros((4, 2, 2), np.uint8))[:100],
    "two dimensions": encoded(np.zeros((4, 2), np.uint8)),
    "nothing in it": encoded(np.zeros((0, 2, 2), np.uint8)),
    "fractions": encoded(np.zeros((4, 2, 2), np.float32)),
    "less than none": encoded(np.full((4, 2, 2), -1, np.int16)),
    "more experts than there can be": encoded(np.full((4, 2, 2), 65_535, np.uint16)),
}


@pytest.mark.parametrize("field", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_counts_nothing(field: str) -> None:
    assert count_experts(field) == ""


def test_objects_are_not_unpickled() -> None:
    file = io.BytesIO()
    np.save(file, np.array([[[{"a": 1}]]], dtype=object), allow_pickle=True)
    assert count_experts(base64.b64encode(file.getvalue()).decode()) == ""


def test_counts_of_different_width_add_up() -> None:
    one, two = np.array([[1, 2], [0, 5]]), np.array([[1, 0, 7], [2, 0, 0]])
    total = add_up([pack(one), pack(two), pack(one)])
    assert total is not None and total.tolist() == [[3, 4, 7], [2, 10, 0]]
    assert add_up([]) is None
    for bad in ("", "2x2:AAAA", pack(np.array([[1]]))[:-8], pack(one).replace("2x2", "3x9")):
        with pytest.raises(ValueError):
            add_up([pack(one), bad])
    with pytest.raises(ValueError):
        add_up([pack(one), pack(np.array([[1], [2], [3]]))])


def test_a_reply_without_the_field_or_with_a_broken_one_is_a_reply() -> None:
    for given, expected in (({}, ""), ({"routed_experts": None}, ""), ({"routed_experts": "§"}, "")):
        body = {"choices": [{"message": {"content": "x"}, "finish_reason": "stop", **given}]}
        reply = read_reply(json.dumps(body).encode())
        assert (reply.content, reply.experts) == ("x", expected)


@pytest.mark.parametrize("transport", ["lean", "openai"])
def test_from_a_server_over_the_journal_into_a_part(tmp_path: Path, transport: str) -> None:
    prompts = ["routed #1", "routed #2", "ok"]
    items = [Item("sums", "1", "sw", str(n), str(n), str(n), "math", text, ("4",)) for n, text in enumerate(prompts)]
    requests = [Request(item, (Message("user", item.question),), 0, 0, f"key {item.item_id}") for item in items]

    async def ask() -> list[Completion]:
        async with FaultServer() as server:
            endpoint = Endpoint(server.base_url, "faulty", "print")
            with Journal(tmp_path / "j.jsonl") as journal:
                limits = Limits(Gate(4), transport=transport)  # type: ignore[arg-type]
                return await generate(requests, endpoint, Sampling(), limits, journal, lambda _: None)

    done = asyncio.run(ask())
    kept = read(tmp_path / "j.jsonl")
    assert [kept[completion.identity].experts for completion in done] == [completion.experts for completion in done]
    assert encoded(ROUTED) not in (tmp_path / "j.jsonl").read_text()
    shard = Shard("mixture", "sums", "sw")
    land_experts(tmp_path, "r1", shard, list(kept.values()))
    (path,) = Home(tmp_path).parts.glob("expert_loads/*/*.parquet")
    rows = read_part(path)[1].select(["lang", "layer", "expert", "tokens", "answers"]).to_pylist()
    expected = np.zeros((2, 8), int)
    for layer in (0, 1):
        expected[layer] = 2 * np.bincount(ROUTED[:, layer].ravel(), minlength=8)
    assert [(row["layer"], row["expert"], row["tokens"]) for row in rows] == [
        (int(layer), int(expert), int(expected[layer, expert])) for layer, expert in np.argwhere(expected)
    ]
    assert {(row["lang"], row["answers"]) for row in rows} == {("sw", 2)}


def test_nothing_said_is_no_part(tmp_path: Path) -> None:
    silent = Completion("k", uuid.uuid4(), "1", 0, "ok", "4")
    land_experts(tmp_path, "r1", Shard("dense", "sums", "sw"), [silent])
    assert not list(tmp_path.iterdir())


def test_a_suite_asks_vllm_for_it() -> None:
    model = Vllm(name="m", engine="vllm", model="x", routed_experts=True, args=("--enforce-eager",))
    assert flags(model, "x", 5)[-2:] == ["--enable-return-routed-experts", "--enforce-eager"]
    assert "--enable-return-routed-experts" not in flags(Vllm(name="m", engine="vllm", model="x"), "x", 5)
