"""A toy data set and its files, for the tests of what reads data sets."""

import gzip
import json
from pathlib import Path

from datasets_cfg.config import DatasetConfig

ENTRY = {"system": "s", "instruction": "$question", "marker": "m"}


def config(local: dict[str, object] | None = None, **changes: object) -> DatasetConfig:
    fields = {
        "name": "toy",
        "version": "1",
        "title": "Toy",
        "licence": "MIT",
        "citation": "nobody",
        "kind": "math",
        "source": {"local": {"files": "{file}.jsonl", "format": "jsonl"} | (local or {})},
        "parallel": "line",
        "languages": {"en": ENTRY, "sw": ENTRY},
    }
    return DatasetConfig.model_validate(fields | changes)


def jsonl(*rows: dict[str, object]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


MATH = jsonl({"question": "1+1?", "gold": "2"}, {"question": "2+2?", "gold": "4"})


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return folder
