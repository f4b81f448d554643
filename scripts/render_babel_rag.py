"""Writes datasets_cfg/data/babel_rag/*.jsonl from its templates: short passages of made-up facts, three questions each.

python scripts/render_babel_rag.py
"""

import json
import random
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent.parent / "datasets_cfg" / "data" / "babel_rag"
ASKED = ("year", "rooms", "price")


def main() -> None:
    """The figures come from a fixed seed: each city has its own, the same in every language."""
    templates = yaml.safe_load((FOLDER / "templates.yaml").read_text(encoding="utf-8"))
    chance = random.Random(7)
    years = chance.sample(range(1850, 2020), 10)
    rooms = chance.sample(range(21, 99), 10)
    prices = chance.sample(range(5, 20), 10)
    for lang, cities in templates["cities"].items():
        texts = templates["museum"][lang]
        rows = []
        for number, city in enumerate(cities):
            figures = {"year": years[number], "rooms": rooms[number], "price": prices[number]}
            passage = texts["passage"].format(city=city, **figures)
            for asked in ASKED:
                rows.append({
                    "id": f"museum-{number}-{asked}", "parallel_id": f"museum-{number}-{asked}",
                    "passage_id": f"museum-{number}", "context": passage,
                    "question": texts[asked].format(city=city), "gold": [str(figures[asked])],
                })  # fmt: skip
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (FOLDER / f"{lang}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
