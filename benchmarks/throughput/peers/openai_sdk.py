"""The official client with its default transport (httpx) or aiohttp's, nothing kept. Prints one JSON line.

python benchmarks/throughput/peers/openai_sdk.py URL REQUESTS IN_FLIGHT httpx|aiohttp
"""

import asyncio
import sys

import httpx2
from openai import AsyncOpenAI, DefaultAioHttpClient, DefaultAsyncHttpxClient

PROMPT = "Solve the problem. End with 'Answer: <number>'.\n\n" + "A farmer has 12 cows and buys 30 more. " * 5


async def work(url: str, count: int, in_flight: int, transport: str) -> None:
    """Ask for `count` completions, so many at once."""
    limits = httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    opened = DefaultAioHttpClient if transport == "aiohttp" else DefaultAsyncHttpxClient
    left, good = iter(range(count)), 0

    async def one(client: AsyncOpenAI) -> None:
        nonlocal good
        for _ in left:
            answer = await client.chat.completions.create(
                model="null", messages=[{"role": "user", "content": PROMPT}], max_tokens=256, temperature=0
            )
            good += bool(answer.choices[0].message.content)

    async with AsyncOpenAI(base_url=url, api_key="none", http_client=opened(limits=limits)) as client:
        await asyncio.gather(*(one(client) for _ in range(in_flight)))
    assert good == count, f"{good} of {count}"


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
