"""Recorded results of others, recomputed from their data where a copy lies under BABELGATE_DATA_DIR."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from datasets_cfg.config import load_config
from tasks.lpr import expected_lpr, recorded_lpr
from tasks.score_rows import score_row

LPR_TOLERANCE = 1.5
"""Points: without the dictionary tokenizers of Chinese and Japanese the rates move by up to that."""
PUBLISHED_ACCURACIES = 485
EXEMPLARS = 88


@dataclass(frozen=True, slots=True)
class Recorded:
    """A check and the folder of the data that it needs."""

    folder: str
    check: Callable[[Path], str]


def mgsm_exemplars(data_dir: Path) -> str:
    """All 88 worked answers of MGSM (Shi et al. 2022) must be read and be right, at their own place in the text."""
    recorded = json.loads((data_dir / "mgsm" / "exemplars.json").read_text(encoding="utf-8"))
    markers = {lang: entry.marker for lang, entry in load_config("mgsm").languages.items()}
    wrong, count = [], 0
    for lang, exemplars in recorded["MGSM_EXEMPLARS"].items():
        for (number, exemplar), gold in zip(exemplars.items(), recorded["EXEMPLAR_NUMBER_ANSWERS"], strict=True):
            row = {"id": number, "kind": "math", "lang": lang, "answer": exemplar["a"], "gold": gold}
            found = score_row(row | {"markers": [markers[lang]] if markers.get(lang) else []})
            count += 1
            if not (found["correct"] and found["strict"]):
                wrong.append(f"{lang} {number} gives {found['value']!r}, not {gold}")
    if count != EXEMPLARS:
        wrong.append(f"there are {count} exemplars, not {EXEMPLARS}")
    return "; ".join(wrong)


@cache
def _right(picked: str, label: str) -> bool:
    """Whether the choice scorer calls a pick right. There are four pairs, each asked some 180,000 times."""
    row = {"id": "x", "kind": "choice", "lang": "en", "answer": picked, "gold": label, "labels": ["1", "2"]}
    return score_row(row)["correct"] is True


def xstorycloze(data_dir: Path) -> str:
    """The published accuracies of 45 models in up to 11 languages (Lin et al. 2021's XStoryCloze), from their picks."""
    wrong, count = [], 0
    for path in sorted((data_dir / "xstorycloze" / "results").glob("*.tsv.gz")):
        picks = list(csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode("utf-8")), delimiter="\t"))
        published = path.with_name(path.name.removesuffix(".tsv.gz") + "_metrics.tsv").read_text(encoding="utf-8")
        for row in csv.DictReader(io.StringIO(published), delimiter="\t"):
            if row["lang"] == "avg":
                continue
            count += 1
            right = sum(_right(pick[row["lang"]], pick["label"]) for pick in picks)
            if f"{100 * right / len(picks):.1f}" != row["acc"]:
                wrong.append(f"{path.name} {row['lang']} gives {100 * right / len(picks):.1f}, not {row['acc']}")
    if count != PUBLISHED_ACCURACIES:
        wrong.append(f"there are {count} published accuracies, not {PUBLISHED_ACCURACIES}")
    return "; ".join(wrong)


def language_confusion(data_dir: Path) -> str:
    """Line and word pass rates of the 10 recorded models (Marchisio et al. 2024), within 1.5 points."""
    found = {rates.model: rates for rates in recorded_lpr(data_dir)}
    wrong = []
    for expected in expected_lpr():
        got = found.get(expected.model)
        if got is None:
            wrong.append(f"no recorded answers of {expected.model}")
            continue
        for name, want, have in zip(expected._fields[1:], expected[1:], got[1:], strict=True):
            if want is not None and (have is None or abs(have - want) > LPR_TOLERANCE):
                wrong.append(f"{expected.model} {name} is {have}, not {want}")
    return "; ".join(wrong)


RECORDED = {
    "recorded: 88 MGSM exemplars": Recorded("mgsm", mgsm_exemplars),
    "recorded: 485 XStoryCloze accuracies": Recorded("xstorycloze", xstorycloze),
}
DEEP = {"recorded: pass rates of 10 models": Recorded("language_confusion", language_confusion)}
