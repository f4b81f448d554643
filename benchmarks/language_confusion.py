"""Line pass rates and our own switch detector on the recorded answers of the Language Confusion Benchmark, as Markdown.

Run: python -m benchmarks.language_confusion DATA_DIR > docs/results/language_confusion.md
"""

import sys
from collections import Counter
from pathlib import Path

from tasks.codeswitch import LanguageReport, code_switch
from tasks.lpr import (
    FOLDER,
    ConfusionRow,
    benchmark_tokenizer,
    expected_lpr,
    fasttext_lid,
    lpr_wpr,
    recorded_answers,
    recorded_lpr,
)

# (what is counted, of what it is the share)
COLUMNS = (
    ("wrong", "all"), ("switch", "all"), ("either", "all"),
    ("fail flagged", "fail"), ("pass flagged", "pass"), ("short", "all"),
)  # fmt: skip
TASKS = ("monolingual", "crosslingual")
HEAD = """# Language confusion

The recorded answers of ten models ([Language Confusion Benchmark](https://arxiv.org/abs/2406.20052), at most 100 tokens
each). LPR and WPR as that benchmark defines them, with the small fastText model; beside them the percentage of answers
that `wrong_language` and `code_switch` flag, of all answers, of those that LPR fails and of those it passes. The two
disagree where LPR errs: it fails Indonesian as Malay and Chinese as Japanese, and passes what switches inside a line.

| model | task | LPR | expected | WPR | wrong_language | code_switch | either | LPR fails | LPR passes | too short |
|---|---|---|---|---|---|---|---|---|---|---|"""


def main(data_dir: Path) -> None:
    expected = {row.model: row for row in expected_lpr()}
    print(HEAD)
    for rates in recorded_lpr(data_dir):
        counts: Counter[tuple[str, str]] = Counter()
        rows = recorded_answers(data_dir / FOLDER / "outputs" / f"{rates.model}.csv.gz")
        for task, row in rows:
            count(counts, task, code_switch(row.completion, row.language), passes(row))
        wanted = expected[rates.model]
        mono = (rates.mono_lpr, wanted.mono_lpr, rates.wpr_mono)
        cross = (rates.cross_lpr, wanted.cross_lpr, rates.wpr_cross)
        for task, known in zip(TASKS, (mono, cross), strict=True):
            shares = (share(counts, task, of, what) for what, of in COLUMNS)
            values = " | ".join("–" if value is None else f"{value:.1f}" for value in (*known, *shares))
            print(f"| {rates.model} | {task} | {values} |", flush=True)


def passes(row: ConfusionRow) -> bool | None:
    """Whether one answer passes LPR; None where none of its lines is long enough."""
    rates = lpr_wpr([row], fasttext_lid(), benchmark_tokenizer(), frozenset(), nothing_judged=None)
    return None if rates.lpr is None else rates.lpr == 1.0


def count(counts: Counter[tuple[str, str]], task: str, report: LanguageReport, passed: bool | None) -> None:
    either = bool(report.wrong_language or report.code_switch)
    counts[task, "all"] += 1
    counts[task, "wrong"] += bool(report.wrong_language)
    counts[task, "switch"] += bool(report.code_switch)
    counts[task, "either"] += either
    counts[task, "short"] += report.wrong_language is None
    if passed is not None:
        name = "pass" if passed else "fail"
        counts[task, name] += 1
        counts[task, f"{name} flagged"] += either


def share(counts: Counter[tuple[str, str]], task: str, of: str, what: str) -> float | None:
    return 100 * counts[task, what] / counts[task, of] if counts[task, of] else None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
