"""What stands beside a model's quality in a comparison: consistency, fidelity, speed, cost, licence and size."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.gate_measured import FACTS, Taken, spent
from tasks.gate_quantities import observe
from tasks.gate_read import Reader, RunFacts
from tasks.schema import UserError

BYTES = {"fp8": 1.0, "int8": 1.0, "awq": 0.5, "gptq": 0.5, "int4": 0.5, "bitsandbytes": 0.5}
"""Bytes a weight of a quantisation; 2 where none is stated."""
BESIDE_WEIGHTS = 1.2
"""Memory for the cache and the graphs, as a share of the weights: a rule of thumb, not a measurement."""
LIMITS = {"max-usd-per-1000": "cost_per_1000", "max-latency-ms": "latency_p95_ms", "max-gpu-gb": "gpu_gb"}
WORDS = ("licence", "data_residency")


@dataclass(frozen=True, slots=True)
class Profile:
    """One model of a comparison; None is not known. Rates are shares, `worst` the language with the lowest accuracy."""

    name: str
    run_id: str
    accuracy: float | None
    worst: str
    worst_accuracy: float | None
    consistency: float | None
    wrong_language: float | None
    code_switch: float | None
    cost_per_1000: float | None
    tokens_per_second: float | None
    latency_p95_ms: float | None
    gpu_gb: float | None
    parameters: float | None
    licence: str
    data_residency: str

    def misses(self, constraints: Mapping[str, str]) -> str:
        """The first constraint that the model does not meet, or does not state; empty where it meets all."""
        for name, wanted in constraints.items():
            if name in WORDS:
                stated = str(getattr(self, name))
                if stated not in wanted.split("|"):
                    return f"{self.name}: its {name} is {stated or 'not stated'}, not {wanted.replace('|', ' or ')}"
                continue
            value = getattr(self, LIMITS[name])
            if value is None:
                return f"{self.name}: its {LIMITS[name]} is not known"
            if value > float(wanted):
                return f"{self.name}: its {LIMITS[name]} is {value:.4g}, above {float(wanted):g}"
        return ""


def read_constraints(words: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE words as constraints; UserError on an unknown name or a limit that is no number."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.strip(", ").partition("=")
        if not equals or not value:
            raise UserError(f"a constraint is NAME=VALUE, not '{word}'")
        if name not in (*WORDS, *LIMITS):
            near = difflib.get_close_matches(name, [*WORDS, *LIMITS], n=1, cutoff=0.4)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise UserError(f"unknown constraint '{name}'{hint} (known: {', '.join([*WORDS, *LIMITS])})")
        if name in LIMITS and not value.replace(".", "", 1).isdigit():
            raise UserError(f"constraint {name} wants a number, not '{value}'")
        found[name] = value
    return found


def profile(reader: Reader, name: str, facts: RunFacts) -> Profile:
    """Everything known about a model in its run."""
    by_lang: dict[str, list[float]] = {}
    for each in observe(reader, facts, "accuracy"):
        if each.value is not None:
            by_lang.setdefault(each.of.lang, []).append(each.value)
    means = {lang: sum(values) / len(values) for lang, values in by_lang.items()}
    worst = min(means, key=lambda lang: (means[lang], lang)) if means else ""
    took = spent(reader, facts)
    taken = Taken(facts.shards, took, facts.model)
    waits = sorted(each.latency_ms for each in took if each.latency_ms is not None)
    return Profile(
        name=name, run_id=facts.subject.run_id,
        accuracy=_mean([value for values in by_lang.values() for value in values]),
        worst=worst, worst_accuracy=means.get(worst),
        consistency=_rate(reader, facts, "consistency"), wrong_language=_rate(reader, facts, "wrong_language"),
        code_switch=_rate(reader, facts, "code_switch"),
        cost_per_1000=_number(taken, "cost_per_1000"), tokens_per_second=_number(taken, "tokens_per_second"),
        latency_p95_ms=waits[round(0.95 * (len(waits) - 1))] if waits else None,
        gpu_gb=_memory(facts), parameters=facts.model.parameters,
        licence=facts.model.licence, data_residency=facts.model.data_residency,
    )  # fmt: skip


def _rate(reader: Reader, facts: RunFacts, quantity: str) -> float | None:
    return _mean([each.value for each in observe(reader, facts, quantity) if each.value is not None])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _number(taken: Taken, name: str) -> float | None:
    value = FACTS[name](taken).value
    return value if isinstance(value, float) else None


def _memory(facts: RunFacts) -> float | None:
    """GB that the weights need with what stands beside them, from the stated size; None where none is stated."""
    if facts.model.parameters is None:
        return None
    settings = json.loads(facts.model.config or "{}")
    size = BYTES.get(str(settings.get("quantization") or "").lower(), 2.0)
    return facts.model.parameters * size * BESIDE_WEIGHTS
