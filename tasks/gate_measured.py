"""Reads the facts behind rules that are not tested: counts, cost and speed of a run, and attributes of its model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tasks.gate_read import ModelFacts, Reader, RunFacts, Shard


@dataclass(frozen=True, slots=True)
class Fact:
    """A number or a word that is read; `missing` says why there is none."""

    value: float | str | bool | None
    n: int = 0
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """One completion's place and what it took; None where it is not known. `ended` is in seconds."""

    dataset: str
    lang: str
    category: str
    status: str
    latency_ms: float | None
    tokens: int | None
    usd: float | None
    ended: float


@dataclass(frozen=True, slots=True)
class Taken:
    """What a model's run took, as far as a rule looks at it."""

    shards: Sequence[Shard]
    requests: Sequence[Spent]
    model: ModelFacts


def spent(reader: Reader, facts: RunFacts) -> list[Spent]:
    """Every completion of a model's run."""
    rows = reader.of("requests", facts.subject)
    return [Spent(row[0], row[1], row[5], row[7], row[8], row[9], row[10], row[11]) for row in rows]


def _completeness(of: Taken) -> Fact:
    asked = sum(shard.requested for shard in of.shards)
    answered = sum(shard.answered for shard in of.shards)
    return Fact(answered / asked, asked) if asked else Fact(None, missing="nothing was asked for")


def _infra_error(of: Taken) -> Fact:
    came = sum(shard.answered + shard.errored for shard in of.shards)
    errors = sum(shard.errored for shard in of.shards)
    return Fact(errors / came, came) if came else Fact(None, missing="nothing came")


def _cost(of: Taken) -> Fact:
    priced = [each.usd for each in of.requests if each.usd is not None]
    if not priced:
        return Fact(None, missing="the suite states no price for this model")
    return Fact(1000 * sum(priced) / len(priced), len(priced))


def _speed(of: Taken) -> Fact:
    timed = [each for each in of.requests if each.latency_ms is not None and each.tokens is not None]
    if not timed:
        return Fact(None, missing="no completion has a latency and a count of tokens")
    seconds = max(each.ended for each in timed) - min(each.ended - (each.latency_ms or 0) / 1000 for each in timed)
    tokens = sum(each.tokens or 0 for each in timed)
    return Fact(tokens / seconds, len(timed)) if seconds > 0 else Fact(None, missing="no time passed")


def _parameters(of: Taken) -> Fact:
    if of.model.parameters is None:
        return Fact(None, missing="the suite does not state the model's size")
    return Fact(of.model.parameters, 1)


def _word(name: str) -> Callable[[Taken], Fact]:
    def read(of: Taken) -> Fact:
        stated = str(getattr(of.model, name))
        return Fact(stated, 1) if stated else Fact(None, missing=f"the suite does not state the model's {name}")

    return read


def _pinned(of: Taken) -> Fact:
    """Recorded answers and local files are pinned by their hash, which is in the fingerprint."""
    return Fact(bool(of.model.revision) or of.model.engine in ("replay", "llamacpp"), 1)


FACTS: dict[str, Callable[[Taken], Fact]] = {
    "completeness": _completeness,
    "infra_error": _infra_error,
    "cost_per_1000": _cost,
    "tokens_per_second": _speed,
    "parameters": _parameters,
    "licence": _word("licence"),
    "data_residency": _word("data_residency"),
    "revision_pinned": _pinned,
}
