"""Writes judges/calibration/*.jsonl from the sentences of babel_translate and the rules in its folder source."""

import json
import re
from collections import Counter
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "judges" / "calibration"
SENTENCES = ROOT / "datasets_cfg" / "data" / "babel_translate"
UNSPACED = ("ja", "th", "zh")


def main() -> None:
    """Render all three sets; the same sources give the same bytes."""
    breaks, switching, facts = (_source(name) for name in ("grammar_breaks", "switching", "locale_facts"))
    write("grammar", [row for lang, rules in breaks.items() for row in grammar(lang, rules)])
    write("code_switching", [row for lang in switching["names"] for row in code_switching(lang, switching)])
    write("locale_facts", [row for lang, triples in facts.items() for row in locale_facts(lang, triples)])


def grammar(lang: str, rules: list[list[str]]) -> list[dict]:
    """Odd sentences as they are, even ones with one error each; the rule that was used least so far is taken."""
    used: Counter[int] = Counter()
    rows = []
    for number, (text, _) in enumerate(sentences(lang), start=1):
        if number % 2:
            rows.append(label("grammar", lang, number, text, "no"))
            continue
        broken, kind = broken_sentence(text, rules, used, lang)
        rows.append(label("grammar", lang, number, broken, "yes", defect=kind))
    return rows


def broken_sentence(text: str, rules: list[list[str]], used: Counter[int], lang: str) -> tuple[str, str]:
    """The sentence with one rule applied, and the kind of error."""
    fitting = [n for n, (pattern, _, _) in enumerate(rules) if re.search(pattern, text)]
    if not fitting:
        raise SystemExit(f"{lang}: no rule breaks: {text}")
    chosen = min(fitting, key=lambda n: used[n])
    used[chosen] += 1
    pattern, replacement, kind = rules[chosen]
    return re.sub(pattern, replacement, text, count=1), kind


def code_switching(lang: str, source: dict) -> list[dict]:
    """Odd sentences as they are, even ones going on in English, and names that are no switch."""
    rows = []
    for number, (text, english) in enumerate(sentences(lang), start=1):
        if number % 2:
            rows.append(label("code_switching", lang, number, text, "no"))
        else:
            mixed, kind = spliced(text, english, lang, source["tails"], number)
            rows.append(label("code_switching", lang, number, mixed, "yes", defect=kind))
    for number, text in enumerate(source["names"][lang], start=len(rows) + 1):
        rows.append(label("code_switching", lang, number, text, "no", defect="names"))
    return rows


def spliced(text: str, english: str, lang: str, tails: list[str], number: int) -> tuple[str, str]:
    """Half of the sentence from its English source, or an English clause after it, in turn."""
    native, source = text.split(), english.split()
    if lang in UNSPACED or number % 4 == 0 or len(native) < 5:
        return f"{text.rstrip('.。।!?')} {tails[number // 2 % len(tails)]}.", "tail"
    if number % 8 == 2:
        return " ".join(native[: len(native) // 2] + source[len(source) // 2 :]), "second half"
    return " ".join(source[: len(source) // 2] + native[len(native) // 2 :]), "first half"


def locale_facts(lang: str, triples: list[list[str]]) -> list[dict]:
    """Each question with its right and its foreign answer."""
    rows = []
    for number, (question, right, wrong, kind) in enumerate(triples, start=1):
        rows.append(label("locale_facts", lang, 2 * number - 1, right, "no", question=question))
        rows.append(label("locale_facts", lang, 2 * number, wrong, "yes", question=question, defect=kind))
    return rows


def sentences(lang: str) -> list[tuple[str, str]]:
    """(sentence, its English source) of babel_translate, in order."""
    rows = [json.loads(line) for line in (SENTENCES / f"{lang}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [(row["gold"][0], row["question"]) for row in rows]


def label(rubric: str, lang: str, number: int, answer: str, word: str, *, question: str = "", defect: str = "") -> dict:
    """One line of a calibration set."""
    row = {"id": f"{rubric}-{lang}-{number:03d}", "rubric": rubric, "lang": lang, "answer": answer, "label": word}
    extra = {"question": question, "defect": defect}
    return row | {name: value for name, value in extra.items() if value} | {"source": "authored"}


def write(name: str, rows: list[dict]) -> None:
    """One file a rubric."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (FOLDER / f"{name}.jsonl").write_text(text, encoding="utf-8")
    print(name, dict(Counter(row["lang"] for row in rows)), dict(Counter(row["label"] for row in rows)))


def _source(name: str) -> dict:
    return yaml.safe_load((FOLDER / "source" / f"{name}.yaml").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
