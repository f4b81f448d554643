"""What a self-test consists of: named checks, and their outcomes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, ParamSpec

State = Literal["pass", "fail", "skipped"]
Check = Callable[[], str]
"""Returns what is wrong, or nothing."""

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`detail` says what was expected and found where a check failed, or why it was skipped."""

    name: str
    state: State
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """All outcomes; `version` is a hash of the metrics, the extractor and the vectors that they come from."""

    outcomes: tuple[Outcome, ...]
    version: str

    @property
    def passed(self) -> bool:
        """Nothing failed and something was checked."""
        states = [outcome.state for outcome in self.outcomes]
        return "fail" not in states and "pass" in states


def run_check(name: str, check: Callable[P, str], *args: P.args, **kwargs: P.kwargs) -> Outcome:
    """Run one check; whatever it raises is a failure with its message, and stops no other check."""
    try:
        wrong = check(*args, **kwargs)
    except Exception as error:
        return Outcome(name, "fail", f"{type(error).__name__}: {error}")
    return Outcome(name, "fail" if wrong else "pass", wrong)
