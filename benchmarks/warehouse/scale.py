"""Lands, loads and publishes one synthetic night after the other, and asks the twelve typical questions on the way.

    python benchmarks/warehouse/scale.py FOLDER --nights 30 --ask-after 2 10 30

A night is 0.5 million completions, their extractions and 1 million scores in 500 shards. Every step has a process of
its own, so that its memory is its own; a question is asked as `babelgate sql NAME` asks it. Wants about 0.2 GB of disk
a night, and takes up an interrupted folder where it ended.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.warehouse.night import Night, write_night  # noqa: E402
from warehouse.home import Home, WarehouseError  # noqa: E402
from warehouse.load import load_parts  # noqa: E402
from warehouse.publish import publish  # noqa: E402
from warehouse.sql import Limits, run_named, run_sql  # noqa: E402

QUESTIONS = ("runs", "results", "accuracy", "worst-language", "languages", "consistency", "language-pairs", "fidelity",
             "cost", "completeness", "regressions", "trend", "failures")  # fmt: skip
COUNTS = "SELECT (SELECT count(*) FROM completions) AS completions, (SELECT count(*) FROM scores) AS scores"


@dataclass(frozen=True, slots=True)
class Took:
    """What a step took: seconds by the clock, seconds of processor, peak memory in MB."""

    seconds: float
    processor: float
    megabytes: float

    def row(self, what: str) -> str:
        return f"| {what} | {self.seconds:.1f} | {self.processor:.1f} | {self.megabytes:.0f} |"


def _timed(step: Callable[..., object], *given: object) -> Took:
    """In a fresh process."""
    began, used = time.monotonic(), time.process_time()
    step(*given)
    seconds, processor = time.monotonic() - began, time.process_time() - used
    return Took(seconds, processor, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _alone(step: Callable[..., object], *given: object) -> Took:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_timed, step, *given).result()


def _megabytes(folder: Path, pattern: str) -> float:
    return sum(path.stat().st_size for path in folder.glob(pattern)) / 1e6


def _sizes(home: Home) -> None:
    print("\n| file | MB |\n| --- | ---: |")
    for kind in ("completions", "extractions", "scores"):
        print(f"| parts of {kind} | {_megabytes(home.parts / kind, '*/*.parquet'):.0f} |")
    print(f"| all parts | {_megabytes(home.parts, '*/*/*.parquet'):.0f} |")
    print(f"| published file | {home.current.resolve().stat().st_size / 1e6:.0f} |")


def _ask(home: Home, nights: int) -> None:
    print(f"\n## After {nights} nights\n\n| step | s | CPU s | MB |\n| --- | ---: | ---: | ---: |")
    print(_alone(publish, home, 1).row("publish (audits, copy, flip)"))
    print(f"\n{run_sql(home.current, COUNTS, format='markdown').text}")
    _sizes(home)
    print("\n| question | s | rows |\n| --- | ---: | ---: |")
    for name in QUESTIONS:
        given = {"model": "model-00", "lang": "sw"} if name in ("trend", "failures") else {}
        began = time.monotonic()
        try:
            answer = run_named(home.current, name, given, format="csv", limits=Limits(seconds=120))
            print(f"| {name} | {time.monotonic() - began:.1f} | {answer.rows} |", flush=True)
        except WarehouseError as error:
            print(f"| {name} | {time.monotonic() - began:.1f} | {error} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nights", type=int, default=2)
    parser.add_argument("--items", type=int, default=1000, help="items a data set and language")
    parser.add_argument("--datasets", type=int, default=5, choices=range(1, 6), help="data sets: a hundred shards each")
    parser.add_argument("--ask-after", type=int, nargs="*", default=[2, 10, 30])
    given = parser.parse_args()
    home = Home(given.folder)
    print("| step | s | CPU s | MB |\n| --- | ---: | ---: | ---: |", flush=True)
    for number in range(given.nights):
        night = Night(number, given.datasets, given.items)
        if home.run_folder("scores", night.run_id).exists():
            continue
        print(_alone(write_night, home, night).row(f"night {number + 1}: write {night.completions:,}"), flush=True)
        print(_alone(load_parts, home).row(f"night {number + 1}: load"), flush=True)
        if number + 1 in given.ask_after:
            _ask(home, number + 1)
            print("\n| step | s | CPU s | MB |\n| --- | ---: | ---: | ---: |", flush=True)
    print(_alone(load_parts, home).row("load again, nothing new"), flush=True)


if __name__ == "__main__":
    main()
