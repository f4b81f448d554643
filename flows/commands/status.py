"""`babelgate status [RUN]`: what runs now, how far it is, when it will end, what it has cost, what went wrong."""

import argparse
import sys
from typing import TYPE_CHECKING

from flows.commands.output import print_json, print_table

if TYPE_CHECKING:
    from tasks.progress import RunProgress


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", help="a run's name, or 'latest'; what runs now and was cut off if left out")


def execute(arguments: argparse.Namespace) -> int:
    """0; 3 when a run that is shown was interrupted, or the record of one of several cannot be read."""
    from dataclasses import asdict

    from flows import environment
    from tasks.progress import progress, unfinished
    from tasks.runs import read_run
    from tasks.schema import UserError

    home = environment.home()
    wanted = [arguments.run] if arguments.run else unfinished(home)
    found: list[RunProgress] = []
    unread = False
    for run in wanted:
        try:
            found.append(progress(home, read_run(home, run)))
        except UserError as error:  # one damaged record hides no other run
            if arguments.run:
                raise
            unread = True
            sys.stderr.write(f"babelgate: {error}\n")
    if arguments.json:
        extra = ("requested", "done", "usd", "errors")
        print_json([asdict(one) | {name: getattr(one, name) for name in extra} for one in found])
    elif not found and not unread:
        print(f"nothing is running under {home}; 'babelgate status latest' shows the newest run")
    for one in found if not arguments.json else ():
        _show(one)
    return 3 if unread or any(one.state == "interrupted" for one in found) else 0


def _show(one: "RunProgress") -> None:
    print(f"{one.run_id}: {one.state}{f', {one.who} since {one.began}' if one.who else ''}")
    share = f" ({100 * one.done / one.requested:.0f} %)" if one.requested else ""
    left = "" if one.eta_s is None else f", about {_time(one.eta_s)} left"
    print(f"{one.done} of {one.requested} requests{share}{left}" + (f", ${one.usd:.4f}" if one.usd else ""))
    rows = [
        (m.model, m.requested, m.tally.done, m.tally.failed, m.tally.tokens, m.tally.usd or None,
         f"{m.landed}/{m.shards}")
        for m in one.models
    ]  # fmt: skip
    if rows:
        print_table(("model", "asked", "done", "failed", "tokens", "USD", "shards landed"), rows)
    for kind, times in one.errors.items():
        print(f"error: {kind} × {times}")
    if one.state == "interrupted":
        print(f"next:\n  babelgate resume {one.run_id}")
    print()


def _time(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min" if minutes else f"{seconds:.0f} s"
