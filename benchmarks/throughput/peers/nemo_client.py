"""NeMo Evaluator's own client (its in-process adapters, the official SDK below them), nothing kept.

    .venv-peers/nemo/bin/python benchmarks/throughput/peers/nemo_client.py URL REQUESTS IN_FLIGHT

Its harnesses proper come as containers and bring the clients of lm-evaluation-harness and others; its runner for
benchmarks of one's own (contrib.byob, 0.2.8) fails with more than one request at once: "Semaphore … is bound to a
different event loop", since each of its threads has a loop and the client's semaphore belongs to the first.
"""

import asyncio
import sys
import tempfile

from nemo_evaluator.api.api_dataclasses import EndpointModelConfig
from nemo_evaluator.client import NeMoEvaluatorClient

PROMPT = "Solve the problem. End with 'Answer: <number>'.\n\n" + "A farmer has 12 cows and buys 30 more. " * 5


async def work(url: str, count: int, in_flight: int, folder: str) -> None:
    """Ask for `count` completions, so many at once."""
    endpoint = EndpointModelConfig(
        model_id="null", url=url, is_base_url=True, parallelism=in_flight, max_new_tokens=256, temperature=0.0
    )
    client = NeMoEvaluatorClient(endpoint, output_dir=folder)
    asked = [[{"role": "user", "content": PROMPT}]] * count
    texts = await client.batch_chat_completions(asked, show_progress=False)
    await client.aclose()
    good = sum(bool(text) for text in texts)
    assert good == count, f"{good} of {count}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), made))
