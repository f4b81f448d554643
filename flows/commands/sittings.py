"""What judges did, as rows: what they were sent and why, what came back, what it cost and what the cascade saved."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flows.commands.output import percent, print_table

if TYPE_CHECKING:
    from tasks.hearing import Heard
    from tasks.rejudge import Cost, Sitting

Row = dict[str, str | int | float | None]


def sitting_rows(heard: "Iterable[Heard]") -> list[Row]:
    """One row a judge and rubric, for JSON and for the table."""
    return [_row(sitting) for each in heard for sitting in each.sittings]


def print_sittings(heard: "Iterable[Heard]") -> None:
    """The table, and a line for each rubric that had nothing to read."""
    listed = list(heard)
    rows = sitting_rows(listed)
    if rows:
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    for sentence in (sentence for each in listed for sentence in each.nothing):
        print(f"note: {sentence}")
    print("\n'babelgate sql judges' shows the rates, and in which languages the judge is calibrated")


def _row(sitting: "Sitting") -> Row:
    cascade, cost, flips = sitting.cascade, sitting.cost, sitting.position_flips
    return {
        "judge": sitting.judge, "rubric": sitting.rubric, "open": cascade.open, "settled": cascade.settled,
        "sent": cascade.sent, "share sent": percent(cascade.share_sent), "not judged": cascade.left_out,
        "requests": cost.requests, "cached": cost.cached,
        **{status: sitting.statuses.get(status, 0) for status in ("valid", "invalid", "cannot_judge", "infra_error")},
        "tokens": _tokens(cost), "tokens saved ~": sitting.saved_tokens, "USD": cost.usd,
        "seconds": round(cost.seconds, 1), "position flips": percent(flips.value) if flips else None,
        "stopped": sitting.stopped or None,
    }  # fmt: skip


def _tokens(cost: "Cost") -> int | None:
    counts = (cost.prompt_tokens, cost.completion_tokens)
    return None if counts[0] is None or counts[1] is None else counts[0] + counts[1]
