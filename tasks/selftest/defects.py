"""The 14 defects of well-known harnesses, each as a check that ours does not have it."""

import math
import random
from collections.abc import Mapping

import regex

from datasets_cfg.config import load_config
from judges.rubric import load_rubric
from tasks.judge.reading import read_verdict
from tasks.judge.records import JudgeCase
from tasks.languages import LANGUAGES
from tasks.metrics import Case
from tasks.metrics.translation import bootstrap_interval, chrf, chrf_item
from tasks.schema import Completion, Item
from tasks.score_rows import score_row
from tasks.selftest.records import Check
from tasks.selftest.vectors import differences
from tasks.stats import clustered_mean

Z = 1.959963984540054
ASCII_ONLY = frozenset({"en", "id", "ms", "sw", "nl", "tl"})
"""Languages whose ordinary sentences may well have no letter beyond ASCII."""


def _rows(*cases: tuple[Mapping[str, object], Mapping[str, object]]) -> Check:
    """Each row must come out with the fields beside it."""

    def check() -> str:
        found = ((row, differences(expect, score_row({"id": "x"} | dict(row)))) for row, expect in cases)
        return "; ".join(f"{row['lang']} {row['answer']!r}: {wrong}" for row, wrong in found if wrong)

    return check


def _math(lang: str, answer: str, gold: object, correct: bool) -> tuple[dict[str, object], dict[str, object]]:
    return {"kind": "math", "lang": lang, "answer": answer, "gold": gold}, {"correct": correct}


def _qa(lang: str, answer: str, gold: object, **metrics: float) -> tuple[dict[str, object], dict[str, object]]:
    return {"kind": "qa", "lang": lang, "answer": answer, "gold": gold}, {"metrics": metrics}


def _d1() -> str:
    """Three answers, the last one garbage: scoring the first only gives 100."""
    rows = [("good morning", "good morning"), ("good night", "good night"), ("xx", "thank you very much")]
    cases = [Case("translation", "en", answer, (gold,)) for answer, gold in rows]
    value = chrf([chrf_item(case) for case in cases], cases).value
    return "" if value is not None and value < 80 else f"corpus chrF is {value}"


def _interval(right: int, n: int) -> tuple[float, float]:
    """Half-width of the interval of a proportion, and what theory says it is."""
    rows = [(1.0, 1.0)] * right + [(0.0, 1.0)] * (n - right)
    lo, hi = bootstrap_interval(rows, lambda total: total[0] / total[1])
    p = right / n
    return ((hi or 0.0) - (lo or 0.0)) / 2, Z * math.sqrt(p * (1 - p) / n)


def _half_width(right: int, n: int) -> str:
    found, expected = _interval(right, n)
    return "" if 0.85 < found / expected < 1.15 else f"half-width is {found:.4f}, theory says {expected:.4f}"


def _d2() -> str:
    return _half_width(700, 1000)


def _d3() -> str:
    return _half_width(175, 250)


def _d5() -> str:
    """Every shipped prompt of MGSM is in its language's script, and with its accents."""
    wrong = []
    for lang, entry in load_config("mgsm").languages.items():
        letters = regex.sub(r"\$\w+|<[^>]*>", "", entry.system + entry.instruction)
        latin = len(regex.findall(r"\p{Latin}", letters)) / max(1, len(regex.findall(r"\p{L}", letters)))
        native = "Latn" in LANGUAGES[lang].scripts
        if (latin > 0.5) != native or (native and lang not in ASCII_ONLY and letters.isascii()):
            wrong.append(lang)
    return f"not in their own script: {', '.join(wrong)}" if wrong else ""


def _d6() -> str:
    """The sentence that a shipped MGSM prompt asks for is read as its strict answer, in every language."""
    wrong = []
    for lang, entry in load_config("mgsm").languages.items():
        row = {"id": lang, "kind": "math", "lang": lang, "answer": f"5 + 6 = 11. {entry.marker} 11.", "gold": 11}
        found = score_row(row | {"markers": [entry.marker]})
        if not (found["correct"] and found["strict"]):
            wrong.append(f"{lang}: {found['value']!r}")
    return "; ".join(wrong)


def _d13() -> str:
    """Replies of a judge that are no verdict: prose, cut JSON, a word or a quotation that is not there."""
    rubric = load_rubric("grammar")
    item = Item("d", "1", "en", "1", "1", "", "open", "Why?", ())
    case = JudgeCase(item, "Because it rains.", "en")
    word = next(iter(rubric.header.verdicts))
    replies = [
        "I would give it 5 points.",
        '{"evidence": [], "verdict": ',
        '{"evidence": [], "verdict": "excellent", "confidence": "high"}',
        f'{{"evidence": [{{"quote": "no such words", "shows": "x"}}], "verdict": "{word}", "confidence": "high"}}',
    ]
    read = [read_verdict(rubric, case, Completion("k", item.sample_id, "1", 0, "ok", reply)) for reply in replies]
    wrong = [f"{each.raw!r} is {each.status} with {each.value}" for each in read if each.status != "invalid"]
    wrong += [f"{each.raw!r} has the value {each.value}" for each in read if each.value is not None]
    open_reply = '{"evidence": [], "verdict": "cannot_judge", "confidence": "low"}'
    control = read_verdict(rubric, case, Completion("k", item.sample_id, "1", 0, "ok", open_reply))
    wrong += [] if control.status == "cannot_judge" else [f"a readable reply is {control.status}: {control.error}"]
    return "; ".join(wrong)


def _d14() -> str:
    """250 items × 11 languages, item sd .25, noise .4: a 95 % interval by item must cover the truth about so often."""
    import numpy as np

    rng = random.Random(14)
    items = np.repeat(np.arange(250), 11)
    covered = 0
    for _ in range(100):
        effect = np.repeat([rng.gauss(0, 0.25) for _ in range(250)], 11)
        noise = np.array([rng.gauss(0, 0.4) for _ in items])
        estimate = clustered_mean(effect + noise, items)
        covered += estimate.lo is not None and estimate.hi is not None and estimate.lo <= 0 <= estimate.hi
    return "" if covered >= 88 else f"the interval covers the truth {covered} times in 100"


_THINKING = {"kind": "math", "lang": "en", "gold": 18}
DEFECTS: dict[str, Check] = {
    "D1 every translation is scored, not the first only": _d1,
    "D2 a bootstrap standard error is not divided by the draws": _d2,
    "D3 a 95 % interval is one": _d3,
    "D4 trailing zeros of whole numbers stay": _rows(
        _math("en", "ANSWER: 5", 50, False),
        _math("en", "ANSWER: 5", 500, False),
        _math("en", "ANSWER: 1000", 10, False),
    ),
    "D5 prompts are native, with their accents": _d5,
    "D6 the answer sentence of every prompt is read": _d6,
    "D7 native digits, spaced groups and currency match": _rows(
        _math("bn", "উত্তর হল ১৮।", 18, True),
        _math("th", "คำตอบคือ ๑๘", 18, True),
        _math("ar", "الجواب ١٨", 18, True),
        _math("ja", "答えは１８です。", 18, True),
        _math("fr", "La réponse est 1 234.", 1234, True),
        _math("en", "The answer is $18.00.", 18, True),
    ),
    "D8 signs and decimal marks are never deleted": _rows(
        _math("en", "ANSWER: -18", 18, False),
        _math("en", "ANSWER: 1.8", 18, False),
        _math("de", "Antwort: 3,5", 35, False),
    ),
    "D9 the answer's number is taken, not the last one": _rows(
        _math("en", "Answer: 18 dollars for 3 eggs", 18, True),
        _math("de", "Antwort: 18,00", 18, True),
        _math("de", "Antwort: 1.234", 1234, True),
        _math("en", "answer: 2,125", "2,125", True),
    ),
    "D10 a number is found in unspaced text, and in full precision": _rows(
        _math("zh", "答案是18。", 18, True),
        _math("ja", "答えは18です。", 18, True),
        _math("th", "คำตอบคือ18บาท", 18, True),
        _math("en", "Answer:18", 18, True),
        _math("en", "ANSWER: 123457", 123456, False),
    ),
    "D11 QA beyond English, with all references": _rows(
        _qa("zh", "《红楼梦》", ["石头记", "红楼梦"], f1_chars=1.0, em_mlqa=1.0),
        _qa("zh", "北京市", ["北京"], f1_chars=0.8, f1_mlqa=0.8),
        _qa("de", "«Faust»", ["Faust"], f1_chars=1.0, em_mlqa=1.0),
    ),
    "D12 unclosed thinking is no answer": _rows(
        ({**_THINKING, "answer": "<think>The answer is 18"}, {"correct": False, "status": "truncated"}),
        ({**_THINKING, "answer": "it is 20\n</think>\nANSWER: 18"}, {"correct": True, "value": "18"}),
        ({**_THINKING, "answer": "<think>a\n20\n</think>\nANSWER: 18"}, {"correct": True, "value": "18"}),
    ),
    "D13 an unreadable judge is no verdict, and no 0": _d13,
    "D14 items are the clusters, not languages": _d14,
}
