"""Reads digits with separators as a locale writes them: grouping, decimal mark, and the other reading if both fit."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

GAP = " \u00a0\u2007\u2009\u202f"
_SEPARATOR = rf"(?:[.,'’٫٬،，]|\{{[.,]\}}|\\[,!; ]|[{GAP}](?=[0-9]{{3}}(?![0-9])))"
CORE = rf"[0-9]+(?:{_SEPARATOR}[0-9]+)*"
# '.' and ',' may take either role; D is a decimal mark only, ' and space group only. U+FF0C ends clauses, or groups.
_ROLES = {"{,}": ",", "{.}": ".", "،": ",", "٫": "D", "٬": "'", "’": "'", "，": "'"}
_CACHED_LENGTH = 64


class Reading(NamedTuple):
    """The value of core[start:end] and its value under the other separator convention, where the text allows both."""

    value: Decimal
    alts: tuple[Decimal, ...]
    start: int
    end: int


def read_digits(core: str, decimal: str, group: str) -> tuple[Reading, ...]:
    """The numbers in a match of CORE: one, or several where its separators cannot belong to one number.

    `decimal` and `group` are the locale's marks: '.', ',' or a space. Of two different marks the right is decimal. One
    mark that groups by three: thousands, unless it is the locale's decimal mark; then a decimal with the thousands as
    alternative. A mark that cannot group (7,5) is decimal in every locale. Where the locale groups by space, 12.345 is
    12 345 with the decimal as alternative, but 12.000 never is 12.
    """
    if core.isdigit():
        return (Reading(Decimal(core), (), 0, len(core)),)
    return _cached(core, decimal, group) if len(core) <= _CACHED_LENGTH else _separated(core, decimal, group)


def _separated(core: str, decimal: str, group: str) -> tuple[Reading, ...]:
    if core[0] == ".":
        return (Reading(Decimal("0" + core), (), 0, len(core)),)
    joints = [(found.start(), found.end()) for found in re.finditer(_SEPARATOR, core)]
    if (one := _one_number(core, joints, decimal, group)) is not None:
        return (Reading(*one, 0, len(core)),)
    # A space is the weakest joint (2024 300,5 is two numbers); without one, every separator is a joint.
    spaces = [joint for joint in joints if core[joint[0]] in GAP]
    bounds = [0, *(offset for joint in spaces or joints for offset in joint), len(core)]
    return tuple(
        Reading(part.value, part.alts, part.start + begin, part.end + begin)
        for begin, end in zip(bounds[::2], bounds[1::2], strict=True)
        for part in read_digits(core[begin:end], decimal, group)
    )


_cached = lru_cache(maxsize=8192)(_separated)


def _one_number(
    core: str, joints: list[tuple[int, int]], decimal: str, group: str
) -> tuple[Decimal, tuple[Decimal, ...]] | None:
    """The core as one number with its alternatives, or None where its separators contradict each other."""
    marks = [_ROLES.get(core[a:b], core[a:b] if core[a] in ".,'" else " ") for a, b in joints]
    groups = re.findall("[0-9]+", core)
    last, before = marks[-1], set(marks[:-1])
    if last == "D" or (last in ".," and before and last not in before):
        whole_fits = len(before) <= 1 and (not before or _groups_well(groups[:-1]))
        return (Decimal("".join(groups[:-1]) + "." + groups[-1]), ()) if whole_fits else None
    if before - {last}:
        return None
    joined, grouped = Decimal("".join(groups)), _groups_well(groups)
    if len(marks) > 1 or last not in ".,":
        return (joined, ()) if grouped else None
    point = Decimal(".".join(groups))
    if grouped and last != decimal:
        return joined, ((point,) if group == " " and groups[1] != "000" else ())
    return point, ((joined,) if grouped else ())


def _groups_well(groups: list[str]) -> bool:
    """1 234 567 or the Indian 12 34 567; a leading zero (0.125) groups nothing."""
    first, last = groups[0], groups[-1]
    if len(groups) == 1:
        return True
    if len(last) != 3 or first[0] == "0" or len(first) > 3:
        return False
    sizes = {len(group) for group in groups[1:-1]}
    return sizes <= {3} or (sizes == {2} and len(first) <= 2)
