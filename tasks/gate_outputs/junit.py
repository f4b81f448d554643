"""A gate's report as JUnit XML: a rule in one place is a test case, so that any CI shows which one failed."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from tasks.gate import GateReport, RuleRow
from tasks.gate_outputs.words import headline, measured, sentences

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 cannot hold and models can write."""


def junit(reports: Sequence[GateReport]) -> str:
    """A suite a model. FAIL of a critical or supporting rule is a failure, MISSING an error, the undecided is skipped.

    A last case holds the outcome itself and fails unless it is GO, so that a CI which reads only the file blocks too.
    """
    root = ElementTree.Element("testsuites", name="babelgate")
    for report in reports:
        suite = ElementTree.SubElement(root, "testsuite", name=_clean(f"{report.policy}: {report.subject.model}"))
        for row in report.rows:
            _case(suite, row, report.policy)
        outcome = ElementTree.SubElement(suite, "testcase", classname=report.policy, name="outcome")
        if report.outcome != "GO":
            _child(outcome, "failure", headline(report), "\n".join(sentences(report)))
        cases = suite.findall("testcase")
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
        suite.set("tests", str(len(cases)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, row: RuleRow, policy: str) -> None:
    where = f" [{row.where}]" if row.where else ""
    case = ElementTree.SubElement(
        suite, "testcase", classname=_clean(f"{policy}.{row.tier}"), name=_clean(f"{row.rule}{where}")
    )
    if row.verdict == "PASS":
        return
    tag = "skipped"
    if row.tier != "advisory":
        tag = {"FAIL": "failure", "MISSING": "error"}.get(row.verdict, "skipped")
    examples = "\n".join(
        f"{e.item} {e.lang}: {e.question!r} -> {e.answer!r}, expected {e.expected!r}" for e in row.examples
    )
    _child(case, tag, row.reason, f"{measured(row)}\n{row.why}\n{row.query}\n{examples}")


def _child(case: ElementTree.Element, tag: str, message: str, text: str) -> None:
    child = ElementTree.SubElement(case, tag, message=_clean(message))
    child.text = _clean(text)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
