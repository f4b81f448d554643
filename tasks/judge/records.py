"""What is judged and what comes of it."""

from dataclasses import dataclass, field
from typing import Literal

from tasks.schema import Item

VerdictStatus = Literal["valid", "invalid", "cannot_judge", "infra_error"]


@dataclass(frozen=True, slots=True)
class Other:
    """The second answer of a pair: another model's to the same item, or the same model's in another language."""

    answer: str
    lang: str
    model: str = ""
    completion_key: str = ""
    item: Item | None = None
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class JudgeCase:
    """One thing to be read by a judge.

    `weight` is one by the probability with which it was sent, `because` why; `swapped` shows the second answer first.
    """

    item: Item
    answer: str
    lang: str
    model: str = ""
    completion_key: str = ""
    repeat: int = 0
    other: Other | None = None
    swapped: bool = False
    because: str = "asked"
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a judge quoted from an answer, and what it takes it to show."""

    quote: str
    shows: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judge's reading of one case. `value` is None unless valid; for a swapped pair it is turned back."""

    key: str
    case: JudgeCase = field(repr=False)
    status: VerdictStatus
    verdict: str | None = None
    value: float | None = None
    evidence: tuple[Evidence, ...] = ()
    confidence: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_ms: int | None = None
    cost_usd: float | None = None
    attempts: int = 0
    raw: str = ""
    error: str = ""
    judged_at: str = ""
