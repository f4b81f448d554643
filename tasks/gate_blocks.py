"""What forbids a GO whatever the rules say: a run that is not whole, not proven, or lost too much to infrastructure."""

from collections.abc import Sequence

from tasks.gate_read import Reader, RunFacts, Shard
from tasks.policy import Policy


def run_level(reader: Reader, facts: RunFacts, policy: Policy) -> tuple[list[str], list[str]]:
    """(what forbids a GO, what makes every number doubtful) of the run under test."""
    failed = [name for name, state, _ in facts.selftest if state == "fail"]
    distrust = (
        [f"the self-test of the scorers failed in {len(failed)} checks, the first is '{failed[0]}'"] if failed else []
    )
    blocks = []
    if not any(state == "pass" for _, state, _ in facts.selftest) and not failed:
        blocks.append("no self-test of the scorers lies with the run")
    if facts.status != "complete":
        told = f" ({facts.message})" if facts.message else ""
        blocks.append(f"the run is {facts.status}{told}")
    missing = sum(shard.missing for shard in facts.shards)
    asked = sum(shard.requested for shard in facts.shards)
    if missing:
        blocks.append(f"{missing} of {asked} completions never came")
    blocks += _lost(facts.shards, policy)
    blocks += [
        f"{n} answers to {dataset} in {lang} were never scored"
        for dataset, lang, n in reader.of("unscored", facts.subject)
    ]
    blocks += [f"data set {name} is broken: {message}" for name, message in facts.broken_data]
    return blocks, distrust


def baseline_doubt(facts: RunFacts, policy: Policy) -> str:
    """Why a baseline's numbers are no yardstick, empty where they are one: a bad baseline is easily held."""
    failed = [name for name, state, _ in facts.selftest if state == "fail"]
    if failed:
        return f"the baseline's self-test of the scorers failed, first in '{failed[0]}'"
    if facts.status != "complete":
        return f"the baseline's run is {facts.status}"
    lost = _lost(facts.shards, policy)
    return f"in the baseline, {lost[0]}" if lost else ""


def _lost(shards: Sequence[Shard], policy: Policy) -> list[str]:
    """Requests lost to infrastructure above the limit of the run or of one language: what is lost is seldom random."""
    errors, came = _counts(shards)
    if came == 0:
        return ["nothing was answered"]
    if errors / came > policy.infra_error_limit:
        limit = f"{policy.infra_error_limit:.1%}"
        return [f"{errors} of {came} requests were lost to infrastructure, above the limit of {limit}"]
    found = []
    for lang in sorted({shard.lang for shard in shards}):
        errors, came = _counts([shard for shard in shards if shard.lang == lang])
        if errors > policy.language_error_limit * came:
            limit = f"{policy.language_error_limit:.1%}"
            found.append(
                f"{errors} of {came} requests in {lang} were lost to infrastructure, above the limit of {limit}"
            )
    return found


def _counts(shards: Sequence[Shard]) -> tuple[int, int]:
    errors = sum(shard.errored for shard in shards)
    return errors, errors + sum(shard.answered for shard in shards)
