"""What a run has on disk and in the warehouse, read after each kill by who had no part in writing it."""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.connect import connect
from warehouse.home import Home
from warehouse.maintain import check

_DIGEST = re.compile(r"<([0-9a-f]{16})>")


@dataclass(slots=True)
class Findings:
    """Everything that must not be, a sentence each, and what was counted."""

    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def paid(home: Path, run: str) -> Counter[str]:
    """Answer → how often it stands in the run's journals; a line that a kill has torn is none."""
    found: Counter[str] = Counter()
    for path in sorted((home / "journal" / run).glob("*.jsonl")):
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n") and (row := json.loads(line))["status"] != "infra_error":
                found[_DIGEST.findall(row["text"])[0]] += 1
    return found


class Asked:
    """The model server's log, read on from where the last look ended."""

    def __init__(self, log: Path) -> None:
        self.log, self.offset = log, 0
        self.answered: Counter[str] = Counter()

    def since(self) -> Counter[str]:
        """Prompt → how often it was asked since the last call."""
        if not self.log.exists():
            return Counter()
        with self.log.open("rb") as file:
            file.seek(self.offset)
            block = file.read()
        whole = block[: block.rfind(b"\n") + 1]
        self.offset += len(whole)
        pairs = [line.split() for line in whole.decode().splitlines()]
        self.answered.update(digest for what, digest in pairs if what == "answered")
        return Counter(digest for what, digest in pairs if what == "asked")


def look(home: Path, run: str, before: Counter[str], asked: Counter[str], found: Findings) -> Counter[str]:
    """Compare the journals with those before the start, and with what was asked since; returns what they hold."""
    now = paid(home, run)
    if lost := [digest for digest in before if digest not in now]:
        found.faults.append(f"{run}: {len(lost)} answers are lost")
    if doubled := [digest for digest, times in now.items() if times > 1]:
        found.faults.append(f"{run}: {len(doubled)} answers stand there twice")
    if again := [digest for digest in asked if digest in before]:
        found.faults.append(f"{run}: {len(again)} requests were sent again although their answers were there")
    found.counts["requests sent again although answered"] += len(again)
    return now


def audit(home: Path, run: str, expected: int, found: Findings) -> None:
    """The counts of a run that says it is complete, in the warehouse."""
    with connect(Home(home).current.resolve(), read_only=True) as con:
        (row,) = con.execute(
            "SELECT count(*), count(DISTINCT completion_id), count(DISTINCT (model_id, sample_id)), "
            "count(*) FILTER (status = 'ok'), (SELECT count(*) FROM scores WHERE run_id = $run "
            "AND metric = 'exact_match'), (SELECT min(status) FROM runs WHERE run_id = $run) "
            "FROM completions WHERE run_id = $run",
            {"run": run},
        ).fetchall()
    if row != (expected, expected, expected, expected, expected, "complete"):
        found.faults.append(f"{run}: {row} in the warehouse, {expected} expected of each")
    found.counts["completions expected"] += expected
    found.counts["completions in the warehouse"] += row[0]
    found.counts["distinct completions"] += row[1]
    found.counts["scores"] += row[4]


def whole(home: Path, found: Findings) -> None:
    """Every part is read, every row counted."""
    problems = check(Home(home))
    found.faults += problems
    found.counts["problems that `warehouse check` finds"] += len(problems)
