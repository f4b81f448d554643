"""Exact-match metrics: strict and lenient accuracy, and whether an answer could be read at all."""

from tasks.extract import EXTRACTOR_VERSION
from tasks.metrics.registry import Case, Measured, item_metric
from tasks.schema import Kind

READ: tuple[Kind, ...] = ("math", "choice", "nli", "qa")
SIGNATURE = f"extractor:{EXTRACTOR_VERSION}"
MATCHED: tuple[Kind, ...] = ("math", "choice", "nli")


def _verdict(correct: bool | None, case: Case) -> Measured:
    """A match as 0 or 1. An answer that could not be read is the model's failure (0), not a missing value."""
    reason = case.match.reason if case.match else ""
    if case.extraction is None or case.extraction.state != "found":
        state = case.extraction.state if case.extraction else "none"
        return Measured(0.0, f"extraction: {state}", SIGNATURE)
    if correct is None:
        return Measured(None, reason or "the gold answer could not be compared", SIGNATURE)
    return Measured(float(correct), "" if reason == "equal" else reason, SIGNATURE)


@item_metric(EXTRACTOR_VERSION, MATCHED, binary=True, always=True)
def exact_match(case: Case) -> Measured:
    """Strict accuracy: the answer stands where the prompt asked for it and equals a gold answer."""
    return _verdict(case.match.strict if case.match else None, case)


@item_metric(EXTRACTOR_VERSION, MATCHED, binary=True, always=True)
def exact_match_lenient(case: Case) -> Measured:
    """Lenient accuracy: an answer found anywhere, or in its other number reading, equals a gold answer."""
    return _verdict(case.match.lenient if case.match else None, case)


@item_metric(EXTRACTOR_VERSION, READ, binary=True, always=True)
def extraction_found(case: Case) -> Measured:
    """1 where exactly one answer could be read from the text; ambiguous and none are 0, told apart in `reason`."""
    state = case.extraction.state if case.extraction else "none"
    return Measured(float(state == "found"), "" if state == "found" else f"extraction: {state}", SIGNATURE)
