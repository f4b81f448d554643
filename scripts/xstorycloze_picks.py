"""Turns the recorded picks of XStoryCloze (one column a language) into answers that `babelgate import` reads.

    python scripts/xstorycloze_picks.py DATA_DIR MODEL [MODEL ...] --output FOLDER

writes FOLDER/<model>.jsonl with {id, lang, completion}; then
`babelgate import FOLDER/<model>.jsonl --dataset xstorycloze --model <model> --column lang=lang`.
"""

import argparse
import csv
import gzip
import json
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for model in arguments.models:
        source = arguments.data_dir / "xstorycloze" / "results" / f"xstory_cloze_{model}.tsv.gz"
        with gzip.open(source, "rt", encoding="utf-8") as file, (arguments.output / f"{model}.jsonl").open("w") as out:
            for row in csv.DictReader(file, delimiter="\t"):
                for lang in (name for name in row if f"{name}_lprob1" in row):
                    out.write(json.dumps({"id": row["idx"], "lang": lang, "completion": row[lang]}) + "\n")


if __name__ == "__main__":
    main()
