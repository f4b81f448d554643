"""Live progress of a run, read from its journals: a bar per model with done, failed, tokens/s, time left and cost."""

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

POLL_S = 0.5
PLAIN_EVERY_S = 15


@dataclass(slots=True)
class Tally:
    """What the journals of one model say so far."""

    done: int = 0
    failed: int = 0
    tokens: int = 0
    usd: float = 0.0
    first: float = 0.0


class Tail:
    """Reads the complete lines that were added to a growing file since the last look."""

    def __init__(self, path: Path) -> None:
        self.path, self.offset = path, 0

    def lines(self) -> list[bytes]:
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self.offset)
            block = file.read()
        whole = block[: block.rfind(b"\n") + 1]
        self.offset += len(whole)
        return whole.splitlines()


class Board:
    """Shows progress from a thread while it is entered: bars on a terminal, a line now and then elsewhere."""

    def __init__(self, totals: Mapping[str, int], journals: Mapping[str, Sequence[Path]], *, show: bool = True) -> None:
        self.totals = totals
        self.tails = {model: [Tail(path) for path in paths] for model, paths in journals.items()}
        self.tallies = {model: Tally() for model in totals}
        self.show = show
        self.stop = threading.Event()
        self.console = Console(file=sys.stderr)
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Board":
        if self.show:
            self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        if self.thread.is_alive():
            self.thread.join(timeout=5)

    def _watch(self) -> None:
        if self.console.is_terminal:
            self._bars()
        else:
            self._plain()

    def _bars(self) -> None:
        columns = (
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"), TimeRemainingColumn(),
        )  # fmt: skip
        with Progress(*columns, console=self.console) as progress:
            bars: dict[str, TaskID] = {
                m: progress.add_task(m, total=n, note="starting") for m, n in self.totals.items()
            }
            while not self.stop.wait(POLL_S):
                self._refresh(progress, bars)
            self._refresh(progress, bars)

    def _refresh(self, progress: Progress, bars: dict[str, TaskID]) -> None:
        self._read()
        for model, tally in self.tallies.items():
            progress.update(bars[model], completed=tally.done, note=_note(tally) if tally.done else "starting")

    def _plain(self) -> None:
        last = time.monotonic()
        while not self.stop.wait(POLL_S):
            self._read()
            if time.monotonic() - last >= PLAIN_EVERY_S:
                last = time.monotonic()
                under_way = {m: t for m, t in self.tallies.items() if 0 < t.done < self.totals[m]}
                if not any(tally.done for tally in self.tallies.values()):
                    self.console.print("starting", highlight=False)
                for model, tally in under_way.items():
                    self.console.print(f"{model}: {tally.done}/{self.totals[model]} {_note(tally)}", highlight=False)

    def _read(self) -> None:
        import json

        for model, tails in self.tails.items():
            tally = self.tallies[model]
            for tail in tails:
                for line in tail.lines():
                    row = json.loads(line)
                    tally.first = tally.first or time.monotonic()
                    tally.done += 1
                    tally.failed += row.get("status") == "infra_error"
                    tally.tokens += row.get("completion_tokens") or 0
                    tally.usd += row.get("cost_usd") or 0.0


def _note(tally: Tally) -> str:
    elapsed = time.monotonic() - tally.first if tally.first else 0.0
    speed = f" {tally.tokens / elapsed:.0f} tokens/s" if elapsed > 1 else ""
    cost = f" ${tally.usd:.4f}" if tally.usd else ""
    return f"{tally.failed} failed, {tally.tokens} tokens{speed}{cost}"
