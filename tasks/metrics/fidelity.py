"""Does the answer stay in its language? What the language report of an answer says, one metric a question."""

import json
from typing import TYPE_CHECKING, get_args

from tasks.metrics.registry import Case, Measured, item_metric
from tasks.schema import Kind

if TYPE_CHECKING:
    from tasks.codeswitch import LanguageReport

FIDELITY_VERSION = "2"
SIGNATURE = "lid:py3langid+script|words:wordfreq-small|run:score3-words3-p.9"
_KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_SPANS = 20
"""How many spans a score's detail holds at most, so that an answer wholly in English does not fill a table."""


@item_metric(FIDELITY_VERSION, _KINDS, binary=True, direction="lower_better", on_failure=None, always=True)
def wrong_language(case: Case) -> Measured:
    """1 if a line of the answer is wholly in another language."""
    report = case.language
    return _measured(report, None if report is None else report.wrong_language, spans=True)


@item_metric(FIDELITY_VERSION, _KINDS, binary=True, direction="lower_better", on_failure=None, always=True)
def code_switch(case: Case) -> Measured:
    """1 if the answer mixes languages: English runs, foreign letters, foreign sentences, lines of two languages."""
    report = case.language
    return _measured(report, None if report is None else report.code_switch, spans=True)


@item_metric(FIDELITY_VERSION, _KINDS, direction="lower_better", on_failure=None, always=True)
def switched_char_share(case: Case) -> Measured:
    """Letters that stand in another language over all letters, from 0 to 1."""
    report = case.language
    return _measured(report, None if report is None else report.switched_char_share)


@item_metric(FIDELITY_VERSION, _KINDS, direction="lower_better", upper=None, on_failure=None, always=True)
def intrusions(case: Case) -> Measured:
    """English words that stand alone or in twos: borrowings, which the two shares above leave out."""
    report = case.language
    return _measured(report, None if report is None else report.intrusions)


def _measured(report: "LanguageReport | None", value: float | None, *, spans: bool = False) -> Measured:
    if report is None:
        return Measured(None, "no language report", SIGNATURE)
    if value is None:
        return Measured(None, report.reason, SIGNATURE)
    found = (
        [[span.start, span.end, span.kind, span.score] for span in report.spans[:MAX_SPANS]] if spans and value else []
    )
    return Measured(float(value), "", SIGNATURE, json.dumps(found) if found else "")
