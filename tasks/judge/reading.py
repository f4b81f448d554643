"""Reads a judge's reply: strict JSON, quotes that stand in the answer, a word of the rubric; else it is invalid."""

import json
import unicodedata
from typing import Annotated, Literal

import regex
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from judges.rubric import CANNOT_JUDGE, CONFIDENCE, QUOTABLE, Rubric
from tasks.judge.message import case_texts
from tasks.judge.records import Evidence, JudgeCase, Verdict
from tasks.schema import Completion, digest

_FENCED = regex.compile(r"\A\s*```(?:json)?\s*\n(.*)\n\s*```\s*\Z", regex.DOTALL)
_NOT_ASKED = {"filtered": "the judge's provider filtered it", "context_overflow": "too long for the judge"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Quote(_Strict):
    quote: str
    shows: str


class _Reply(_Strict):
    evidence: Annotated[tuple[_Quote, ...], Field(strict=False)]
    verdict: str
    confidence: Literal["low", "medium", "high"]


class Unreadable(ValueError):
    """Why a reply is no verdict; says nothing of the answer's own words, for it is told to the judge."""


def verdict_key(rubric: Rubric, case: JudgeCase, judge_fingerprint: str) -> str:
    """What makes a verdict one and the same: completion, judge, rubric text, the texts shown and their order."""
    other = case.other.completion_key if case.other else ""
    shown = digest(case_texts(rubric, case), case.lang, case.other.lang if case.other else "")
    return digest("verdict", case.completion_key, other, judge_fingerprint, rubric.sha256, shown, case.swapped)


def read_verdict(rubric: Rubric, case: JudgeCase, reply: Completion) -> Verdict:
    """The verdict in a reply; `invalid` with the reason where there is none, never a value that nobody gave."""
    if reply.status == "infra_error":
        return _verdict(case, reply, status="infra_error", error=reply.error)
    if reply.status in _NOT_ASKED:
        return _verdict(case, reply, status="cannot_judge", error=_NOT_ASKED[reply.status])
    try:
        if reply.status == "truncated":
            raise Unreadable("it was cut off before the JSON ended")
        said = _parse(reply.text)
        evidence = _evidence(rubric, case, said)
    except Unreadable as error:
        return _verdict(case, reply, status="invalid", error=str(error))
    sure = CONFIDENCE[said.confidence]
    if said.verdict == CANNOT_JUDGE:
        return _verdict(case, reply, status="cannot_judge", word=said.verdict, evidence=evidence, confidence=sure)
    value = rubric.header.verdicts[said.verdict]
    return _verdict(
        case, reply, status="valid", word=said.verdict, value=1 - value if case.swapped else value,
        evidence=evidence, confidence=sure,
    )  # fmt: skip


def _parse(text: str) -> _Reply:
    fenced = _FENCED.match(text)
    try:
        document = json.loads(fenced.group(1) if fenced else text, object_pairs_hook=_once)
        return _Reply.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Unreadable(
            f"it does not follow the schema ({'.'.join(map(str, first['loc']))}: {first['type']})"
        ) from error
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is not one JSON object") from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A key that stands twice would let the later value win unseen."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise Unreadable("a key stands twice in it")
    return dict(pairs)


def _evidence(rubric: Rubric, case: JudgeCase, said: _Reply) -> tuple[Evidence, ...]:
    if said.verdict not in (*rubric.header.verdicts, CANNOT_JUDGE):
        raise Unreadable(f"its verdict is none of {', '.join(rubric.header.verdicts)}, {CANNOT_JUDGE}")
    answers = [_nfc(text) for slot, text in case_texts(rubric, case).items() if slot in QUOTABLE]
    for number, each in enumerate(said.evidence, start=1):
        quote = _nfc(each.quote)
        if not quote.strip() or not any(quote in answer for answer in answers):
            raise Unreadable(f"quote {number} does not stand word for word in the answer")
        if rubric.header.evidence and each.shows not in rubric.header.evidence:
            raise Unreadable(f"'shows' of quote {number} is none of {', '.join(rubric.header.evidence)}")
    if said.verdict in rubric.header.must_quote and not said.evidence:
        raise Unreadable(f"the verdict '{said.verdict}' needs a quote")
    return tuple(Evidence(each.quote, each.shows) for each in said.evidence)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _verdict(
    case: JudgeCase, reply: Completion, *, status: Literal["valid", "invalid", "cannot_judge", "infra_error"],
    word: str | None = None, value: float | None = None, evidence: tuple[Evidence, ...] = (),
    confidence: float | None = None, error: str = "",
) -> Verdict:  # fmt: skip
    return Verdict(
        key=reply.completion_key, case=case, status=status, verdict=word, value=value, evidence=evidence,
        confidence=confidence, prompt_tokens=reply.prompt_tokens, completion_tokens=reply.completion_tokens,
        latency_ms=reply.latency_ms, cost_usd=reply.cost_usd, attempts=reply.attempts, raw=reply.text, error=error,
        judged_at=reply.created_at,
    )  # fmt: skip
