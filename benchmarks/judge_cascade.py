"""What the cascade saves on a run: calls, tokens and time of one judge, with and without it.

    BABELGATE_HOME=… python -m benchmarks.judge_cascade RUN [--delay-s 1] [--in-flight 4]

The judge is the scripted server of the tests, which answers after a fixed delay: what is compared is how often it is
asked, not what it says. Tokens are bytes by four. Verdicts land in the home that is used: take a copy.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from flows.cli import main as babelgate
from tests import judge_server as server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--delay-s", type=float, default=1.0)
    parser.add_argument("--in-flight", type=int, default=4)
    given = parser.parse_args()

    asked_at: list[float] = []

    def behave(asked: server.Asked) -> server.Said:
        asked_at.append(time.monotonic())
        return server.Said(server.good(asked).text, after_s=given.delay_s)

    print("| | calls | prompt tokens ~ | reply tokens ~ | seconds of asking |\n|---|---|---|---|---|")
    for name, audit in (("with the cascade", 0.05), ("without", 1.0)):
        with server.JudgeServer(behave) as up, tempfile.TemporaryDirectory() as folder:
            suite = _suite(Path(folder), up.base_url, name.split()[0], audit, given.in_flight)
            asked_at.clear()
            babelgate(["rejudge", given.run, "--suite", str(suite), "--json"])
            seconds = asked_at[-1] - asked_at[0] + given.delay_s
            prompts = sum(len((asked.system + asked.user).encode()) // 4 for asked in up.asked)
            replies = sum(len(server.good(asked).text.encode()) // 4 for asked in up.asked)
            print(f"| {name} | {len(up.asked)} | {prompts:,} | {replies:,} | {seconds:.0f} |", flush=True)


def _suite(folder: Path, url: str, name: str, audit: float, in_flight: int) -> Path:
    """A suite that names the judge; its models are those of the run, which is not read for this."""
    model = {"name": f"judge-{name}", "engine": "openai", "model": name, "family": "scripted", "base_url": url,
             "in_flight": in_flight}  # fmt: skip
    judged = {"name": "a", "engine": "openai", "model": "a", "family": "x"}
    document = {"name": "cascade", "models": [judged], "datasets": ["babel_math"],
                "judges": [{"model": model, "rubrics": ["code_switching"], "audit": audit}]}  # fmt: skip
    path = folder / "cascade.yaml"
    path.write_text(json.dumps(document))
    return path


if __name__ == "__main__":
    main()
