"""How commands print: aligned tables for people, one JSON document for programs."""

import json
import unicodedata
from collections.abc import Sequence

Cell = str | int | float | None


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    print(json.dumps(document, ensure_ascii=False, indent=1, default=str))


def print_table(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """An aligned table; numbers to the right, None as a dash, widths as a terminal shows wide scripts."""
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(_width(row[i]) for row in [list(header), *texts]) for i in range(len(header))]
    right = [all(isinstance(row[i], int | float) or row[i] is None for row in rows) for i in range(len(header))]
    for row in [list(header), *texts]:
        print("  ".join(_pad(cell, widths[i], right[i]) for i, cell in enumerate(row)).rstrip())


def percent(value: float | None) -> str | None:
    """A share as people read it, '43.2 %'; None stays None."""
    return None if value is None else f"{100 * value:.1f} %"


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
