"""What a run has spent; when its budget is reached, nothing more is begun and everything so far is landed."""

from dataclasses import dataclass

from tasks.engines.throttle import Gate
from tasks.schema import Completion
from tasks.suite import Budget


@dataclass(frozen=True, slots=True)
class Spent:
    """Requests, tokens (given and made) and US dollars since `run` or `resume` was called."""

    requests: int = 0
    tokens: int = 0
    usd: float = 0.0


class Spending:
    """Counts what the shards of a model spend on top of the models before it, and closes the gate at the limit."""

    def __init__(self, budget: Budget, gate: Gate, before: Spent) -> None:
        self.budget, self.gate, self.spent = budget, gate, before
        self._close()

    def add(self, done: Completion) -> None:
        """Count a completion that was just made."""
        self.spent = Spent(
            self.spent.requests + 1,
            self.spent.tokens + (done.prompt_tokens or 0) + (done.completion_tokens or 0),
            self.spent.usd + (done.cost_usd or 0.0),
        )
        self._close()

    def reached(self) -> str:
        """Which limit was reached, in words; empty while none is."""
        budget, spent = self.budget, self.spent
        if budget.requests is not None and spent.requests >= budget.requests:
            return f"{spent.requests} of {budget.requests} requests"
        if budget.tokens is not None and spent.tokens >= budget.tokens:
            return f"{spent.tokens} of {budget.tokens} tokens"
        if budget.usd is not None and spent.usd >= budget.usd:
            return f"${spent.usd:.4f} of ${budget.usd:g}"
        return ""

    def _close(self) -> None:
        if self.reached():
            self.gate.stop()
