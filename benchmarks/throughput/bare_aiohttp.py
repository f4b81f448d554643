"""The least that a Python client does: plain aiohttp, one prepared body, nothing kept. Prints one JSON line.

python benchmarks/throughput/bare_aiohttp.py URL REQUESTS IN_FLIGHT
"""

import asyncio
import json
import resource
import sys
import time

import aiohttp

PROMPT = "Solve the problem. End with 'Answer: <number>'.\n\n" + "A farmer has 12 cows and buys 30 more. " * 5
BODY = {"model": "null", "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 256, "temperature": 0}


async def work(url: str, count: int, in_flight: int) -> int:
    """Ask for `count` completions over `in_flight` connections; how many came with a text."""
    left, good = iter(range(count)), 0

    async def one(session: aiohttp.ClientSession) -> None:
        nonlocal good
        for _ in left:
            async with session.post(f"{url}/chat/completions", json=BODY) as response:
                answer = await response.json()
                good += bool(answer["choices"][0]["message"]["content"])

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:
        await asyncio.gather(*(one(session) for _ in range(in_flight)))
    return good


def main() -> None:
    """The command line."""
    url, count, in_flight = sys.argv[1:4]
    began = time.perf_counter()
    good = asyncio.run(work(url, int(count), int(in_flight)))
    wall = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"good": good, "wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime}))


if __name__ == "__main__":
    main()
