"""The report: a self-contained HTML page of a run, and a front page of all runs, read from the published warehouse."""

import json
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from tasks.report.charts import english_charts, length_charts, quality_charts, trend_charts
from tasks.report.explorer import payload
from tasks.report.heat import heat_maps, matrices
from tasks.report.marks import segments, switch_spans
from tasks.report.page import render
from tasks.report.read import Results, read_results, read_runs, resolve_run
from tasks.report.records import Count, Gate
from tasks.schema import UserError
from warehouse.home import checked_name

__all__ = ["build_index", "build_report", "reports", "resolve_run", "write_index", "write_report"]

ANSWERS = 600
"""About how many failed answers the explorer holds."""


def build_report(home: Path, run_id: str, baseline: str | None = None) -> str:
    """The page of a run ('latest': the newest) as HTML, compared with another run where one is named.

    UserError where a run is unknown, WarehouseError where nothing is published yet.
    """
    found = read_results(home, run_id, baseline, ANSWERS)
    answers = payload(found.failures, found.verdicts)
    return render("report.html", {
        "found": found,
        "run": found.run,
        "gates": [(gate, _reasons(gate), [r for r in found.rules if r.decision_id == gate.decision_id])
                  for gate in found.gates],
        "names": {language.lang: language for language in found.languages},
        "maps": heat_maps(found.cells),
        "english": english_charts(found.gaps, found.languages),
        "matrices": matrices(found.pairs),
        "switches": [(s, segments(s.text or "", switch_spans(s.detail), 600)) for s in found.switches],
        "switching_measured": any(cell.metric == "code_switch" and cell.scored for cell in found.cells),
        "thinking": length_charts(found.lengths, found.languages),
        "quality": quality_charts(found.models),
        "trend": trend_charts(found.nights),
        "totals": _totals(found.counts),
        "gaps_in_counts": [count for count in found.counts if _is_incomplete(count)],
        "failures": Markup(answers.json),
        "shown": answers.shown,
        "failed": sum(count.failures for count in found.failure_counts),
        "choices": _choices(found),
    })  # fmt: skip


def build_index(home: Path, pages: Sequence[str] = ()) -> str:
    """The front page of all runs and gates; the runs in `pages` have a page beside it and are linked."""
    return render("index.html", {"runs": read_runs(home), "pages": frozenset(pages)})


def write_report(home: Path, run_id: str, baseline: str | None = None, output: Path | None = None) -> Path:
    """Write the page of a run and return where it lies: reports/<run>.html below the home unless told otherwise."""
    return _write(output or reports(home) / f"{checked_name(run_id, 'run')}.html", build_report(home, run_id, baseline))


def write_index(home: Path, output: Path | None = None) -> Path:
    """Write the front page, reports/index.html; it links the pages that lie beside it."""
    path = output or reports(home) / "index.html"
    return _write(path, build_index(home, [page.stem for page in path.parent.glob("*.html")]))


def reports(home: Path) -> Path:
    """Where pages are kept."""
    return home / "reports"


def _write(path: Path, html: str) -> Path:
    """Whole or not at all: a page that is open elsewhere is never seen half written."""
    waiting = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        waiting.write_text(html, encoding="utf-8")
        waiting.replace(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from error
    return path


def _reasons(gate: Gate) -> list[str]:
    found = json.loads(gate.reasons or "[]")
    return [str(reason) for reason in found] if isinstance(found, list) else [str(found)]


def _totals(counts: Sequence[Count]) -> list[tuple[str, str, dict[str, int]]]:
    """Counts per model and data set, over its languages."""
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for count in counts:
        at = sums.setdefault((count.model_id, count.dataset_id), {})
        for name in ("requested", "answered", "scored", "errored", "missing", "truncated", "empty", "filtered",
                     "context_overflow", "ambiguous", "no_answer_found"):  # fmt: skip
            at[name] = at.get(name, 0) + (getattr(count, name) or 0)
    return [(model, dataset, at) for (model, dataset), at in sums.items()]


def _is_incomplete(count: Count) -> bool:
    return bool(count.errored or count.missing or count.scored < count.answered)


def _choices(found: Results) -> dict[str, list[str]]:
    """What the explorer's filters offer."""
    rows = found.failures
    return {
        "model": sorted({row.model_id for row in rows}),
        "lang": sorted({row.lang for row in rows}),
        "dataset": sorted({row.dataset_id for row in rows}),
        "status": sorted({row.status for row in rows}),
    }
