"""How many requests an endpoint gets at once, who goes first, and how the number follows what the endpoint says."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.asking import sending_order
from tasks.engines.adapt import HIGHEST, Load, Pace, read_load
from tasks.engines.throttle import Gate, Once
from tasks.generate import Limits, generate_each
from tasks.journal import Journal, read
from tasks.schema import Endpoint, Item, Message, Request
from tasks.suite import Sampling, Suite
from tests.fault_server import MODEL, FaultServer


def make(number: int, script: str = "ok", *, context: str = "", repeat: int = 0) -> Request:
    item = Item("d", "1", "en", f"i{number}", f"p{number}", f"c{number}", "math", script, ("42",), context)
    text = f"{context} {script} #{number}"
    return Request(item, (Message("user", text),), repeat, 7, f"key-{number}-{repeat}")


def test_the_lowest_rank_goes_first_then_who_came_first() -> None:
    order: list[str] = []

    async def one(gate: Gate, rank: int, name: str) -> None:
        await gate.enter(rank)
        order.append(name)
        await asyncio.sleep(0)
        gate.leave()

    async def main() -> None:
        gate = Gate(1)
        await gate.enter()
        waiting = [
            asyncio.create_task(one(gate, rank, name)) for rank, name in [(2, "c"), (1, "a"), (2, "d"), (1, "b")]
        ]
        await asyncio.sleep(0)
        gate.leave()
        await asyncio.gather(*waiting)

    asyncio.run(main())
    assert order == ["a", "b", "c", "d"]


def test_a_limit_can_be_moved_while_others_wait() -> None:
    async def main() -> list[tuple[int, bool]]:
        gate, seen = Gate(1), []
        tasks = [asyncio.create_task(gate.enter()) for _ in range(4)]
        for limit in (1, 3, 2):
            gate.limit = limit
            await asyncio.sleep(0)
            seen.append((gate.under_way, gate.wanted))
        gate.leave()  # three were in, two may be: nobody follows
        await asyncio.sleep(0)
        seen.append((gate.under_way, gate.wanted))
        gate.leave()
        await asyncio.gather(*tasks)
        return [*seen, (gate.under_way, gate.wanted)]

    assert asyncio.run(main()) == [(1, True), (3, True), (3, True), (2, True), (2, False)]


def test_once_is_once() -> None:
    done: list[int] = []
    leave = Once(lambda: done.append(1))
    leave()
    leave()
    assert done == [1]


PAGES = [
    (b'vllm:num_requests_running{engine="0",model_name="m"} 250.0\nvllm:num_requests_waiting{engine="0"} 12.0\n',
     Load(250, 12)),
    (b'vllm:num_requests_running{engine="0"} 3.0\nvllm:num_requests_running{engine="1"} 4.0\n'
     b'vllm:num_requests_waiting{engine="0"} 0.0\nvllm:num_requests_waiting{engine="1"} 1e1\n', Load(7, 10)),
    (b"# HELP vllm:num_requests_running Number\nvllm:num_requests_running 1.0\n", None),
    (b"<html>", None),
]  # fmt: skip


@pytest.mark.parametrize(("page", "load"), PAGES)
def test_what_a_server_shows_of_its_load(page: bytes, load: Load | None) -> None:
    assert read_load(page) == load


LOOKS = [
    # limit, under way, somebody waits, running, waiting -> limit
    (256, 256, True, 256, 0, 288),  # the server takes all: more
    (256, 256, False, 256, 0, 256),  # nobody wants more
    (256, 200, True, 200, 0, 256),  # not full yet
    (256, 256, True, 200, 40, 256),  # a little queue keeps it full
    (256, 256, True, 64, 192, 72),  # most of them only wait: what runs, and an eighth
    (1020, 1020, True, 1000, 0, HIGHEST),
]


@pytest.mark.parametrize(("limit", "under_way", "wanted", "running", "waiting", "then"), LOOKS)
def test_the_number_follows_the_servers_queue(
    limit: int, under_way: int, wanted: bool, running: int, waiting: int, then: int
) -> None:
    async def main() -> int:
        gate = Gate(limit)
        for _ in range(under_way):
            await gate.enter()
        gate.under_way = under_way
        tasks = []
        if wanted:
            gate.limit = under_way
            tasks = [asyncio.create_task(gate.enter()) for _ in range(2 * HIGHEST)]
            await asyncio.sleep(0)
            gate._limit = limit
        Pace(gate).look(Load(running, waiting))
        for task in tasks:
            task.cancel()
        return gate.limit

    assert asyncio.run(main()) == then


def test_a_busy_endpoint_is_given_less_and_slowly_more_again() -> None:
    now = [0.0]
    gate = Gate(100)
    gate.under_way = 100
    pace = Pace(gate, clock=lambda: now[0])
    for _ in range(50):
        pace.busy()  # all of one burst
    assert gate.limit == 70
    now[0] = 2.0
    pace.busy()
    assert gate.limit == 49
    for _ in range(49 + 50):
        pace.served()
    assert gate.limit == 51
    for _ in range(100_000):
        pace.served()
    assert gate.limit == 100  # where it began, no higher


def test_a_fixed_number_stays() -> None:
    gate = Gate(8)
    pace = Pace(gate, moves=False)
    pace.busy()
    pace.look(Load(1, 100))
    assert gate.limit == 8


def run(folder: Path, requests: Iterator[Request], limits: Limits, server: FaultServer) -> list[int]:
    told: list[int] = []

    async def main() -> None:
        async with server:
            with Journal(folder / "j.jsonl") as journal:
                at = Endpoint(server.base_url, MODEL, "f")
                await generate_each(requests, at, Sampling(), limits, journal, lambda index, _: told.append(index))

    asyncio.run(main())
    return told


def test_an_endpoint_that_says_429_gets_fewer(tmp_path: Path) -> None:
    async def soon(seconds: float) -> None:
        await asyncio.sleep(0)

    gate = Gate(32)
    limits = Limits(gate, pace=Pace(gate), transport="lean", sleep=soon)
    told = run(tmp_path, (make(n, "429 ok") for n in range(40)), limits, FaultServer())
    assert sorted(told) == list(range(40))
    assert gate.limit < 32


def test_requests_are_drawn_as_there_is_room(tmp_path: Path) -> None:
    drawn, ahead, gate = [0], [0], Gate(4)
    path = tmp_path / "j.jsonl"

    def draw() -> Iterator[Request]:
        for number in range(60):
            drawn[0] += 1
            ahead[0] = max(ahead[0], drawn[0] - path.read_bytes().count(b"\n"))
            yield make(number)

    told = run(tmp_path, draw(), Limits(gate, transport="lean"), FaultServer(delay_s=0.001))
    assert sorted(told) == list(range(60)) and len(read(path)) == 60
    assert ahead[0] <= 2 * 4 + 1


ORDERS = [
    # items as (number, passage), in the order of the data set -> in the order of sending
    ([(1, ""), (2, ""), (3, "")], [1, 2, 3]),
    ([(1, "short"), (2, "a long passage"), (3, "short"), (4, "a long passage")], [2, 4, 1, 3]),
    ([(1, "short"), (2, ""), (3, "short")], [1, 3, 2]),
]


@pytest.mark.parametrize(("items", "sent"), ORDERS)
def test_one_passage_goes_together_and_the_longest_first(items: list[tuple[int, str]], sent: list[int]) -> None:
    requests = [make(number, context=context) for number, context in items]
    assert [int(request.item.item_id[1:]) for request in sending_order(requests)] == sent


def test_repeats_of_one_item_follow_each_other() -> None:
    requests = [make(number, repeat=repeat) for repeat in (0, 1) for number in (1, 2)]
    assert [(r.item.item_id, r.repeat) for r in sending_order(requests)] == [
        ("i1", 0), ("i1", 1), ("i2", 0), ("i2", 1)]  # fmt: skip


PLACES = [
    ("auto", {"engine": "vllm", "model": "m"}, 256),
    ("auto", {"engine": "openai", "model": "m"}, 128),
    ("auto", {"engine": "llamacpp"}, 8),
    (32, {"engine": "vllm", "model": "m"}, 32),
    ("auto", {"engine": "vllm", "model": "m", "in_flight": 5}, 5),
    (32, {"engine": "vllm", "model": "m", "in_flight": 5}, 5),
]


@pytest.mark.parametrize(("in_flight", "model", "places"), PLACES)
def test_how_many_a_model_begins_with(in_flight: object, model: dict, places: int) -> None:
    suite = Suite.model_validate(
        {"name": "s", "datasets": ["babel_math"], "in_flight": in_flight, "models": [{"name": "a", **model}]}
    )
    assert suite.places(suite.models[0]) == places


def test_the_gate_reaches_across_threads() -> None:
    gate, at_once = Gate(3), [0, 0]

    async def one() -> None:
        async with gate:
            at_once[0] += 1
            at_once[1] = max(at_once)
            await asyncio.sleep(0.005)
            at_once[0] -= 1

    async def many() -> None:
        await asyncio.gather(*(one() for _ in range(10)))

    async def threads() -> None:
        await asyncio.gather(*(asyncio.to_thread(asyncio.run, many()) for _ in range(4)))

    asyncio.run(threads())
    assert at_once == [0, 3]


def test_a_place_in_the_gate_is_not_lost_with_who_waited_for_it() -> None:
    async def cancel_and_try() -> None:
        gate = Gate(1)
        async with gate:
            waiting = [asyncio.create_task(gate.__aenter__()) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            await asyncio.sleep(0)
        waiting[1].cancel()  # its turn has come, and it leaves
        await asyncio.wait_for(waiting[2], 1)
        assert [task.cancelled() for task in waiting] == [True, True, False]
        await gate.__aexit__()
        await asyncio.wait_for(gate.__aenter__(), 1)

    asyncio.run(cancel_and_try())
