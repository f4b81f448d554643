"""For how long the models of a run answered at the same moment, and how busy the GPU was then and else.

    python benchmarks/gpu/overlap.py JOURNAL_FOLDER [GPU_SAMPLES]

The folder is that of one run (HOME/journal/RUN); the samples are what `nvidia-smi` wrote as gpu_use.py asks. A model
answers while at least one of its requests is under way, by each completion's end and latency.
"""

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "throughput"))
from gpu_use import idle_share

Windows = list[tuple[float, float]]


def answering(folder: Path) -> dict[str, tuple[Windows, list[tuple[float, int]]]]:
    """Model → when it had requests under way, and (end, tokens) of each of its completions."""
    spans: dict[str, Windows] = {}
    ends: dict[str, list[tuple[float, int]]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        model = path.stem.split("__")[0]
        for line in path.read_text().splitlines():
            done = json.loads(line)
            end = datetime.fromisoformat(done["created_at"]).timestamp()
            spans.setdefault(model, []).append((end - (done["latency_ms"] or 0) / 1000, end))
            ends.setdefault(model, []).append((end, done["completion_tokens"] or 0))
    return {model: (merged(each), ends[model]) for model, each in spans.items()}


def merged(spans: Iterable[tuple[float, float]]) -> Windows:
    """Spans as windows that do not touch."""
    found: Windows = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def both(one: Windows, other: Windows) -> Windows:
    """Where windows of one lie in windows of the other."""
    pairs = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return [(begin, end) for begin, end in pairs if begin < end]


def without(one: Windows, other: Windows) -> Windows:
    """What is left of the windows of one outside those of the other."""
    for begin, end in other:
        one = [(a, b) for c, d in one for a, b in ((c, min(d, begin)), (max(c, end), d)) if a < b]
    return one


def line(what: str, windows: Windows, ends: dict[str, list[tuple[float, int]]], samples: Path | None) -> None:
    """One line: seconds, tokens by model that were finished in them, idle share."""
    seconds = sum(end - begin for begin, end in windows)
    tokens = {
        model: sum(n for at, n in each if any(begin <= at <= end for begin, end in windows))
        for model, each in ends.items()
    }
    idle = idle_share(samples, windows) if samples else None
    said = ", ".join(f"{model} {n:,} tokens" for model, n in tokens.items())
    print(f"{what:36} {seconds:8.1f} s   {said}{'' if idle is None else f'   GPU idle {idle:.1%}'}")


def main() -> None:
    """The command line."""
    folder, samples = Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None
    found = answering(folder)
    ends = {model: each for model, (_, each) in found.items()}
    for (one, (mine, _)), (other, (its, _)) in combinations(found.items(), 2):
        line(f"{one} and {other} at the same moment", both(mine, its), ends, samples)
        line(f"{one} without {other}", without(mine, its), ends, samples)
        line(f"{other} without {one}", without(its, mine), ends, samples)


if __name__ == "__main__":
    main()
