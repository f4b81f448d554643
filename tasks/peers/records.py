"""What the log of another evaluation tool says, whichever tool wrote it."""

from dataclasses import dataclass
from datetime import datetime

from tasks.languages import LANGUAGES
from tasks.schema import CompletionStatus, Message, UserError


@dataclass(frozen=True, slots=True)
class PeerScore:
    """One metric of the tool's own on one answer; None with a reason where the log has no number."""

    metric: str
    value: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PeerAnswer:
    """One answer. `item_id` is what the tool calls the item, the same in every language of a parallel task."""

    dataset: str
    lang: str
    item_id: str
    repeat: int
    question: str
    gold: tuple[str, ...]
    messages: tuple[Message, ...]
    text: str
    thinking: str
    status: CompletionStatus
    extracted: str | None
    scores: tuple[PeerScore, ...]
    finish_reason: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_ms: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class PeerLog:
    """A log: who made it, with what, and every answer. `lower_better` names the metrics of which less is better."""

    tool: str
    tool_version: str
    model: str
    made_at: datetime
    config: str
    answers: tuple[PeerAnswer, ...]
    lower_better: frozenset[str] = frozenset()


def split_language(task: str, given: str | None, said: object = None) -> tuple[str, str]:
    """(data set, language): as given, as the item says, or the end of the task's name, `mgsm_direct_th`.

    UserError where none of these is a language that is known.
    """
    stem, _, end = task.rpartition("_")
    if end in LANGUAGES and stem and given in (None, end):
        return stem, end
    for lang in (given, said):
        if isinstance(lang, str) and lang in LANGUAGES:
            return task, lang
    raise UserError(f"the language of task '{task}' is not to be seen in the log: say it with --language")


def number(value: object) -> float | None:
    """A score as a number: true is 1; None for what is no finite number."""
    if isinstance(value, bool | int | float):
        return float(value) if float("-inf") < value < float("inf") else None
    return None
