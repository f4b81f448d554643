"""One client of ours against an endpoint: `generate` with its journal, as a shard drives it. Prints one JSON line.

python benchmarks/throughput/ours.py URL REQUESTS IN_FLIGHT [lean|openai]
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from datasets_cfg.config import load_config
from tasks.engines.throttle import Gate
from tasks.generate import Limits, generate_each
from tasks.journal import Journal
from tasks.load import load_items
from tasks.prompt import completion_key, render
from tasks.schema import Completion, Endpoint, Request
from tasks.suite import Sampling, Transport


def requests(count: int, sampling: Sampling) -> Iterator[Request]:
    """The shipped word problems in English, over and over, made as they are drawn."""
    config = load_config("babel_math")
    items = load_items(config, "en", None, None)
    for number in range(count):
        item, repeat = items[number % len(items)], number // len(items)
        messages = render(config, item)
        yield Request(item, messages, repeat, repeat, completion_key("f" * 64, messages, sampling, repeat, repeat))


async def work(url: str, count: int, in_flight: int, transport: Transport) -> int:
    """Ask for `count` completions; how many came back `ok`."""
    sampling = Sampling(max_tokens=256)
    good = 0

    def on_done(index: int, completion: Completion) -> None:
        nonlocal good
        good += completion.status == "ok"

    limits = Limits(Gate(in_flight), transport=transport)
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "journal.jsonl") as journal:
        endpoint = Endpoint(url, "null", "f" * 64)
        await generate_each(requests(count, sampling), endpoint, sampling, limits, journal, on_done)
    return good


def main() -> None:
    """The command line."""
    url, count, in_flight, transport = [*sys.argv[1:], "lean"][:4]
    began = time.perf_counter()
    good = asyncio.run(work(url, int(count), int(in_flight), "openai" if transport == "openai" else "lean"))
    wall = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"good": good, "wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime}))


if __name__ == "__main__":
    main()
