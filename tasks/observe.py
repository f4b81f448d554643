"""What machines read of a run: a structured line for each shard, and spans where somebody collects them."""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from opentelemetry import trace

from tasks.plan import Shard
from tasks.progress import journal_path, tally
from warehouse.home import Home

LOG = "shards.jsonl"


@dataclass(frozen=True, slots=True)
class ShardLine:
    """One line of the log: one attempt at a shard. `seconds` is measured on a clock that is never set."""

    at: str
    run: str
    model: str
    dataset: str
    lang: str
    outcome: str
    seconds: float
    completions: int
    statuses: Mapping[str, int]
    errors: Mapping[str, int]
    tokens: int
    usd: float
    error: str = ""


@contextlib.contextmanager
def span(name: str, **attributes: str) -> Iterator[trace.Span]:
    """A span below the current one; without a configured SDK it costs microseconds and goes nowhere."""
    named = {f"babelgate.{key}": value for key, value in attributes.items()}
    with trace.get_tracer("babelgate").start_as_current_span(name, attributes=named) as current:
        yield current


@contextlib.contextmanager
def observed(home: Path, run_id: str, shard: Shard) -> Iterator[None]:
    """Write one line when an attempt at a shard has ended, however it ended, and a span around it."""
    began, error = time.monotonic(), ""
    with span("shard", run=run_id, model=shard.model, dataset=shard.dataset, lang=shard.lang) as current:
        try:
            yield
        except BaseException as raised:
            error = " ".join(str(raised).split()) or type(raised).__name__
            raise
        finally:
            line = shard_line(home, run_id, shard, time.monotonic() - began, error)
            current.set_attributes({"babelgate.completions": line.completions, "babelgate.tokens": line.tokens})
            with contextlib.suppress(OSError):  # a log that cannot be written must not cost the shard
                append(Home(home).logs / LOG, line)


def shard_line(home: Path, run_id: str, shard: Shard, seconds: float, error: str = "") -> ShardLine:
    """What the shard's journal holds now, as the log says it."""
    found = tally([journal_path(home, run_id, shard)])
    return ShardLine(
        at=datetime.now(UTC).isoformat(timespec="milliseconds"), run=run_id, model=shard.model, dataset=shard.dataset,
        lang=shard.lang, outcome="failed" if error else "landed", seconds=round(seconds, 3), completions=found.done,
        statuses=found.statuses, errors=found.errors, tokens=found.tokens, usd=round(found.usd, 6), error=error,
    )  # fmt: skip


def append(log: Path, line: ShardLine) -> None:
    """Add a line in one write, so that processes that share the log do not tear each other's."""
    log.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(replace(line, error=line.error[:2000])), ensure_ascii=False)
    with log.open("ab", buffering=0) as file:
        file.write(text.encode("utf-8", "replace") + b"\n")
