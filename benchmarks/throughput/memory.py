"""Memory while 200,000 completions pass through `generate` and its journal: it must not grow. Starts the null server.

python benchmarks/throughput/memory.py [COMPLETIONS] | tee benchmarks/throughput/memory.txt
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from ours import requests

from tasks.engines.throttle import Gate
from tasks.generate import Limits, generate_each
from tasks.journal import Journal
from tasks.schema import Completion, Endpoint
from tasks.suite import Sampling

STEP = 20_000


def resident_mib() -> float:
    """What of this process is in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


async def work(url: str, count: int) -> None:
    """Print the resident memory after 1,000 completions and after every 20,000."""
    done = 0
    print("completions  resident MiB")

    def on_done(index: int, completion: Completion) -> None:
        nonlocal done
        done += 1
        if done == 1000 or done % STEP == 0:
            print(f"{done:11,}  {resident_mib():12.1f}", flush=True)

    sampling = Sampling(max_tokens=256)
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "journal.jsonl") as journal:
        await generate_each(
            requests(count, sampling), Endpoint(url, "null", "f" * 64), sampling,
            Limits(Gate(256), transport="lean"), journal, on_done,
        )  # fmt: skip


def main() -> None:
    """The command line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    program = [sys.executable, str(Path(__file__).with_name("null_server.py")), "--delay-ms", "0"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            asyncio.run(work(server.stdout.readline().strip(), count))
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
