"""Literal rows with the scores they must have, and sacreBLEU's signatures."""

import json
from collections.abc import Mapping
from pathlib import Path

from tasks.extract import EXTRACTOR_VERSION
from tasks.metrics import METRICS, Case
from tasks.metrics.translation import bleu, bleu_item, chrf_item
from tasks.schema import digest
from tasks.score_rows import score_row
from tasks.selftest.records import Check

VECTORS = Path(__file__).parent.parent / "data" / "selftest.jsonl"
TOLERANCE = 1e-9


def scorer_version() -> str:
    """sha256 hex over every metric's version, the extractor's, and the vectors."""
    metrics = sorted((metric.name, metric.version) for metric in METRICS.values())
    return digest(metrics, EXTRACTOR_VERSION, VECTORS.read_text(encoding="utf-8"))


def vector_checks() -> dict[str, Check]:
    """A check for each row of the vectors: every expected field must come out, others are free."""
    rows = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").split("\n") if line]
    return {f"vector: {row['name']}": _vector(row["row"], row["expect"]) for row in rows}


def _vector(row: Mapping[str, object], expect: Mapping[str, object]) -> Check:
    return lambda: differences(expect, score_row(row))


def differences(expected: Mapping[str, object], found: Mapping[str, object]) -> str:
    """What differs from the expected fields, looking into objects; empty if nothing does."""
    wrong = []
    for key, value in expected.items():
        got = found.get(key)
        if isinstance(value, Mapping) and isinstance(got, Mapping):
            inner = differences(value, got)
            wrong += [f"{key}: {inner}"] if inner else []
        elif not _equal(value, got):
            wrong.append(f"{key} is {got!r}, not {value!r}")
    return "; ".join(wrong)


def _equal(expected: object, found: object) -> bool:
    if isinstance(expected, float) and isinstance(found, int | float):
        return abs(expected - found) <= TOLERANCE
    return expected == found


def _chrf_signature() -> str:
    signature = chrf_item(Case("translation", "en", "a", ("a",))).signature
    return _unless(signature, "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:")


def _bleu_signature(lang: str, tokenizers: tuple[str, ...]) -> Check:
    def check() -> str:
        case = Case("translation", lang, "a", ("a",))
        signature = bleu([bleu_item(case)], [case]).signature
        wanted = [f"nrefs:1|case:mixed|eff:no|tok:{each}|smooth:exp|version:" for each in tokenizers]
        return "" if any(signature.startswith(each) for each in wanted) else _unless(signature, wanted[0])

    return check


def _unless(signature: str, start: str) -> str:
    return "" if signature.startswith(start) else f"the signature is '{signature}', not '{start}…'"


SIGNATURES: dict[str, Check] = {
    "signature: chrF": _chrf_signature,
    "signature: BLEU en": _bleu_signature("en", ("13a",)),
    "signature: BLEU zh": _bleu_signature("zh", ("zh",)),
    "signature: BLEU th": _bleu_signature("th", ("char",)),
    "signature: BLEU ja": _bleu_signature("ja", ("ja-mecab-0.996-IPA", "char")),
    "signature: BLEU ko": _bleu_signature("ko", ("ko-mecab-0.996/ko-0.9.2-KO", "char")),
}
