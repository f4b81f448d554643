"""Rows a second on one core of extracting and matching 200 to 300 characters: python benchmarks/extraction.py."""

import json
import time
from pathlib import Path

from tasks.extract import extract_answer
from tasks.match import match_answer
from tasks.schema import Kind

ROWS = 20_000
LABELS = ("A", "B", "C", "D")
SAMPLES = [json.loads(line) for line in Path(__file__).with_name("extraction_answers.jsonl").read_text().splitlines()]


def rows_per_second(kind: Kind) -> float:
    """Rows per second of CPU time; every row must be right, else the number means nothing."""
    samples = [sample for sample in SAMPLES if sample["kind"] == kind]
    labels = LABELS if kind == "choice" else ()
    # Every answer is another text, as in a run, so that nothing cached helps.
    rows = [
        (sample["lang"], f"{sample['text'][:40]}{number} {sample['text'][40:]}", sample["gold"])
        for number in range(ROWS // len(samples))
        for sample in samples
    ]
    started = time.process_time()
    right = 0
    for lang, text, gold in rows:
        extraction = extract_answer(text, kind, lang, labels)
        right += match_answer(extraction, kind, lang, (gold,)).lenient is True
    seconds = time.process_time() - started
    if right != len(rows):
        raise SystemExit(f"{kind}: only {right} of {len(rows)} rows were read right")
    return len(rows) / seconds


def main() -> None:
    """Prints the best of three for each kind."""
    for kind in ("math", "choice"):
        print(f"{kind:8}{max(rows_per_second(kind) for _ in range(3)):10,.0f} rows/s/core")


if __name__ == "__main__":
    main()
