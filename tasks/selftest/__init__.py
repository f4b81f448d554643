"""Proves the scorers at run time: recomputes known results and says pass, fail or skipped, with what was found."""

from pathlib import Path

from tasks.selftest.defects import DEFECTS
from tasks.selftest.recorded import DEEP, RECORDED
from tasks.selftest.records import Check, Outcome, SelfTest, run_check
from tasks.selftest.vectors import SIGNATURES, scorer_version, vector_checks

__all__ = ["Outcome", "SelfTest", "run_selftest"]


def run_selftest(data_dir: Path | None, *, deep: bool = False) -> SelfTest:
    """Literal vectors, the 14 defects and sacreBLEU's signatures; with local data also recorded results.

    `deep` adds what takes minutes: the line and word pass rates of the 10 recorded models. A check that lacks its data
    is skipped, never passed; one that raises has failed.
    """
    checks: dict[str, Check] = {**vector_checks(), **DEFECTS, **SIGNATURES}
    outcomes = [run_check(name, check) for name, check in checks.items()]
    for name, recorded in {**RECORDED, **(DEEP if deep else {})}.items():
        if data_dir is None or not (data_dir / recorded.folder).is_dir():
            outcomes.append(Outcome(name, "skipped", f"no '{recorded.folder}' under BABELGATE_DATA_DIR"))
        else:
            outcomes.append(run_check(name, recorded.check, data_dir))
    if not deep:
        outcomes += [Outcome(name, "skipped", "takes minutes: only in a deep self-test") for name in DEEP]
    return SelfTest(tuple(outcomes), scorer_version())
