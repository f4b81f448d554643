"""Adds the words of our own parallel suite to the lexicons of languages that wordfreq lacks.

Run: python -m scripts.build_lexicon. A word that English has too is left out unless it stands in the list already,
since an English name in a Swahili sentence is no Swahili word. The translations are left out: the detector is tested
on them.
"""

import json
import re
from pathlib import Path

from tasks.lexicon import DATA, frequencies

ROOT = Path(__file__).parent.parent
SOURCES = ("babel_math", "babel_choice")
LANGUAGES = ("eu", "ha", "jv", "su", "sw", "yo")
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
WIDTH = 110


def main() -> None:
    english = frequencies("en").keys()
    for lang in LANGUAGES:
        path = DATA / f"{lang}.txt"
        known = list(dict.fromkeys(path.read_text(encoding="utf-8").split()))
        seen = set(WORD.findall(" ".join(own_texts(lang)).lower()))
        added = sorted(word for word in seen - set(known) - english if len(word) > 1)
        path.write_text("\n".join(wrapped([*known, *added])) + "\n", encoding="utf-8")
        print(f"{lang}: {len(known)} words, {len(added)} added")


def own_texts(lang: str) -> list[str]:
    """The questions of our own data sets in a language."""
    paths = [ROOT / "datasets_cfg" / "data" / name / f"{lang}.jsonl" for name in SOURCES]
    lines = [line for path in paths if path.exists() for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line)["question"] for line in lines]


def wrapped(words: list[str]) -> list[str]:
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) >= WIDTH:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


if __name__ == "__main__":
    main()
