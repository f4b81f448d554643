"""What the failure explorer holds: answers with their marks, as JSON that is safe inside a script element."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.report.marks import Segment, Span, segments, switch_spans, visible
from tasks.report.records_answers import Failure, Verdict

BUDGET = 2_000_000
"""Bytes of JSON at most; the answers come in a random order, so what is left out is a random part."""
_UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Payload:
    """`json` may stand inside a script element: nothing in it can end one. `shown` answers are in it."""

    json: str
    shown: int


def payload(failures: Sequence[Failure], verdicts: Sequence[Verdict], budget: int = BUDGET) -> Payload:
    """As many answers as the budget holds; texts are cut, controls and direction overrides are written out."""
    said: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        said.setdefault(verdict.completion_id, []).append(verdict)
    rows, size = [], 0
    for failure in failures:
        row = script_json(_row(failure, said.get(failure.completion_id, [])))
        size += len(row.encode())
        if size > budget:
            break
        rows.append(row)
    return Payload(f"[{','.join(rows)}]", len(rows))


def script_json(value: object) -> str:
    """JSON in which <, >, & and the line separators are escapes, so that neither HTML nor JavaScript ends at them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_UNSAFE)


def _row(failure: Failure, verdicts: Sequence[Verdict]) -> Mapping[str, object]:
    spans = list(switch_spans(failure.switches))
    if failure.span_start is not None and failure.span_end is not None and failure.extraction == "found":
        spans.append(Span(failure.span_start, failure.span_end, "extracted"))
    return {
        "model": failure.model_id, "lang": failure.lang, "dataset": failure.dataset_id, "status": failure.status,
        "item": failure.item_id or "", "repeat": failure.repeat_ix, "prompt": _prompt(failure),
        "thinking": _pieces(segments(failure.thinking or "")),
        "answer": _pieces(segments(failure.text or "", _unless_whole(spans, failure.text or ""))),
        "gold": [visible(gold) for gold in failure.gold or []], "extraction": failure.extraction or "",
        "extracted": visible(failure.extracted or ""), "method": failure.method or "",
        "error": visible(failure.error or ""),
        "scores": [[s["metric"], s["value"], s["reason"] or ""] for s in failure.scores],
        "verdicts": [
            [v.judge_model, v.rubric, v.status, v.verdict or "", v.value, visible(_evidence(v.evidence))]
            for v in verdicts
        ],
    }  # fmt: skip


def _unless_whole(spans: Sequence[Span], text: str) -> list[Span]:
    """A mark over the whole answer says nothing: free text is extracted as it is."""
    return [span for span in spans if not (span.kind == "extracted" and span.end - span.start >= len(text))]


def _pieces(found: Sequence[Segment]) -> list[list[str]]:
    return [[piece.text, piece.kind] if piece.kind else [piece.text] for piece in found]


def _prompt(failure: Failure) -> list[list[str]]:
    """[role, text] of every turn; the question and its context where the turns were not kept."""
    if failure.messages:
        turns = json.loads(failure.messages)
        return [[str(turn["role"]), _cut(str(turn["content"]))] for turn in turns]
    return [["user", _cut("\n\n".join(part for part in (failure.context, failure.question) if part))]]


def _cut(text: str) -> str:
    return "".join(piece.text for piece in segments(text))


def _evidence(text: str | None) -> str:
    """A judge's evidence, one quote a line: a JSON list of {quote, shows}, of texts, or what else was kept."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return text or ""
    return "\n".join(map(_quote, found)) if isinstance(found, list) else json.dumps(found, ensure_ascii=False)


def _quote(found: object) -> str:
    if not isinstance(found, dict):
        return str(found)
    return f"{found.get('shows', '')}: {found.get('quote', json.dumps(found, ensure_ascii=False))}".removeprefix(": ")
