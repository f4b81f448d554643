"""Cuts a text at the spans that are to be marked, and makes visible what would hide or reorder it on a page."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LIMIT = 4000
"""Characters of one text that a page shows; the rest is counted."""
# Controls without a picture, and the marks that embed or override a writing direction: shown by their names.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in code points of a text, and what is there."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text; `kind` is empty where nothing is marked."""

    text: str
    kind: str = ""


def visible(text: str) -> str:
    """The text with direction overrides and control characters written out, such as ⟦U+202E⟧."""
    return _HIDDEN.sub(lambda match: f"⟦U+{ord(match[0]):04X}⟧", text)


def segments(text: str, spans: Iterable[Span] = (), limit: int = LIMIT) -> tuple[Segment, ...]:
    """The text in pieces, marked where a span lies; where two overlap the earlier one has the shared part."""
    shown, at, pieces = text[:limit], 0, []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        start, end = max(at, span.start), min(span.end, len(shown))
        if start >= end:
            continue
        pieces += [Segment(shown[at:start]), Segment(shown[start:end], span.kind)]
        at = end
    pieces.append(Segment(shown[at:]))
    if len(text) > limit:
        pieces.append(Segment(f" … {len(text) - limit:,} more characters", "cut"))
    return tuple(Segment(visible(piece.text), piece.kind) for piece in pieces if piece.text)


def switch_spans(detail: str | None) -> Sequence[Span]:
    """The spans of a code_switch score's detail, [[start, end, kind, score], …]; none where there is no detail."""
    if not detail:
        return ()
    found = json.loads(detail)
    return [Span(int(row[0]), int(row[1]), str(row[2])) for row in found] if isinstance(found, list) else ()
