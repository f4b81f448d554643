"""The records that pass between the steps; nothing else crosses one."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

Kind = Literal["math", "choice", "nli", "qa", "translation", "open", "rag", "refusal"]
CompletionStatus = Literal["ok", "truncated", "empty", "filtered", "context_overflow", "infra_error"]
ExtractionState = Literal["found", "ambiguous", "none"]

Identity = tuple[str, uuid.UUID, int]
"""Completion key, sample and repeat."""

_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode
KINDS: tuple[str, ...] = get_args(Kind)
COMPLETION_STATUSES: tuple[str, ...] = get_args(CompletionStatus)


class UserError(ValueError):
    """A mistake of the person at the keyboard: one sentence that says what, where, and what is near. Exit 64."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question in one language.

    `gold` holds every accepted answer, the canonical one first: a plain decimal for math, one of `labels` for choice
    and nli, reference texts otherwise. `parallel_id` is shared by an item's translations, `cluster_id` by items that
    come from one source (a passage).
    """

    dataset: str
    dataset_version: str
    lang: str
    item_id: str
    parallel_id: str
    cluster_id: str
    kind: Kind
    question: str
    gold: tuple[str, ...]
    context: str = ""
    options: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    category: str = ""
    _sample_id: list[uuid.UUID] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def sample_id(self) -> uuid.UUID:
        """128-bit content hash: a changed text or gold is another sample. Computed once."""
        if not self._sample_id:
            made = hash_uuid(
                self.dataset, self.dataset_version, self.lang, self.item_id, self.question, self.context,
                *self.options, "|", *self.labels, "|", *self.gold,
            )  # fmt: skip
            self._sample_id.append(made)
        return self._sample_id[0]


@dataclass(frozen=True, slots=True)
class Message:
    """One chat turn; the server applies the chat template."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent for one item and repeat, and the key under which its completion is found again."""

    item: Item
    messages: tuple[Message, ...]
    repeat: int
    seed: int | None
    completion_key: str

    @property
    def identity(self) -> Identity:
        """By which its completion is found: the key alone is shared by two items that ask the same."""
        return self.completion_key, self.item.sample_id, self.repeat


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered. Token counts are the server's own, None where it gave none."""

    completion_key: str
    sample_id: uuid.UUID
    item_id: str
    repeat: int
    status: CompletionStatus
    text: str
    thinking: str = ""
    finish_reason: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    thinking_tokens: int | None = None
    cached_tokens: int | None = None
    latency_ms: int | None = None
    cost_usd: float | None = None
    system_fingerprint: str = ""
    attempts: int = 1
    error: str = ""
    created_at: str = ""
    """UTC, ISO 8601."""
    experts: str = ""
    """Of a mixture whose server says so: how often each expert was used, packed (see tasks/engines/experts.py)."""

    @property
    def identity(self) -> Identity:
        """That of the request which it answers."""
        return self.completion_key, self.sample_id, self.repeat


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was read out of an answer: `value` is canonical (plain decimal, label, text), `span` indexes the answer."""

    state: ExtractionState
    value: str | None
    method: str
    strict: bool
    span: tuple[int, int] | None = None
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """One metric on one completion: a value, or None with the reason why there is none. `detail` is JSON or empty."""

    sample_id: uuid.UUID
    repeat: int
    metric: str
    metric_version: str
    signature: str
    value: float | None
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CorpusScore:
    """One metric on a whole shard, where the whole is not the mean of its parts (chrF, BLEU), in the metric's units."""

    metric: str
    metric_version: str
    signature: str
    value: float | None
    lo: float | None
    hi: float | None
    n: int
    reference_hash: str
    reason: str = ""


class Lifeline(Protocol):
    """A server that may die and live again: `ready` gives the life it is in, `fell` whether that one is over."""

    async def ready(self) -> int: ...

    async def fell(self, life: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running model: an OpenAI-compatible base URL (ending in /v1), the name to ask for, its fingerprint."""

    base_url: str
    model: str
    fingerprint: str
    engine_version: str = ""
    api_key: str = "none"
    """Never printed: repr leaves it out, and the headers too."""
    headers: Mapping[str, str] = field(default_factory=dict)
    extra_body: Mapping[str, object] = field(default_factory=dict)
    thinks: bool = False
    """The chat template opens the thinking, so that a text which never closes it has no answer."""
    server: Lifeline | None = None
    """Of a server that we started: by which whoever asks it sees that it died, and waits until it is up again."""

    def __repr__(self) -> str:
        return f"Endpoint({self.base_url!r}, {self.model!r}, {self.fingerprint[:12]!r})"


def digest(*parts: object) -> str:
    """sha256 hex of the parts as canonical JSON, so that ("ab", "c") and ("a", "bc") differ."""
    return hashlib.sha256(_canonical(parts).encode("utf-8", "surrogatepass")).hexdigest()


def hash_uuid(*parts: object) -> uuid.UUID:
    """The first 128 bits of `digest`, as the UUID columns of the warehouse want them."""
    return uuid.UUID(digest(*parts)[:32])
