"""How figures are written on the page; a missing one is a dash, never a zero."""

from datetime import datetime

MISSING = "–"


def in_unit(value: float | None, upper: float | None) -> str:
    """A metric's value: per cent where it runs to 1, one decimal where it runs further or has no end."""
    if value is None:
        return MISSING
    return f"{100 * value:.1f}" if upper == 1 else f"{value:.1f}"


def unit(upper: float | None) -> str:
    """What stands beside a caption."""
    return "%" if upper == 1 else "0 to 100" if upper == 100 else "count"


def percent(value: float | None) -> str:
    return MISSING if value is None else f"{100 * value:.1f} %"


def number(value: float | int | None) -> str:
    """Whole numbers with separators, others with three significant digits."""
    if value is None:
        return MISSING
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def duration(seconds: float | None) -> str:
    """Seconds as people say them: 48 s, 12 min, 3.4 h."""
    if seconds is None:
        return MISSING
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def moment(time: datetime | None) -> str:
    return MISSING if time is None else f"{time:%Y-%m-%d %H:%M} UTC"


FILTERS = {"percent": percent, "number": number, "duration": duration, "moment": moment, "in_unit": in_unit}
