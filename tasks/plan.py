"""What a suite comes to: its shards, checked before anything starts, with requests, tokens, cost and time."""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets_cfg.config import DatasetConfig
from tasks.languages import language
from tasks.schema import Message, UserError, digest
from tasks.suite import Model, Suite


@dataclass(frozen=True, slots=True)
class Shard:
    """One (model, dataset, language): the unit of fan-out, retry and landing."""

    model: str
    dataset: str
    lang: str

    @property
    def slug(self) -> str:
        """A file name that tells, and no other shard's: names may hold the two strokes themselves."""
        parts = (self.model, self.dataset, self.lang)
        slug = "__".join(parts)
        return f"{slug}__{digest(*parts)[:12]}" if any("__" in part for part in parts) else slug


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one model would cost. Tokens are estimated from characters; `usd` is None where no price is given."""

    model: str
    shards: int
    requests: int
    input_tokens: int
    output_tokens: int
    usd: float | None
    seconds: float | None


def shards(suite: Suite, configs: Mapping[str, DatasetConfig]) -> tuple[Shard, ...]:
    """Every shard of a suite, model by model. A language that a data set lacks is left out of that data set only.

    UserError: a name twice, a language that we do not know or that none of the data sets has, a data set that has none
    of the languages, a budget in USD without prices.
    """
    for what, names in (("model", [m.name for m in suite.models]), ("dataset", list(suite.datasets))):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UserError(f"suite '{suite.name}': {what} '{twice[0]}' stands there twice")
    if suite.budget.usd is not None and all(model.price is None for model in suite.models):
        raise UserError(f"suite '{suite.name}' has a budget in USD, so a model of it needs a price")
    wanted = _languages(suite, configs)
    for name in suite.datasets:
        for code in (*configs[name].languages, configs[name].answer_language, configs[name].question_language):
            if code is not None:
                language(code)
        if wanted is not None and wanted.isdisjoint(configs[name].languages):
            raise UserError(f"suite '{suite.name}': data set '{name}' has none of its languages: leave it out")
    found = tuple(
        Shard(model.name, name, lang)
        for model in suite.models
        for name in suite.datasets
        for lang in configs[name].languages
        if wanted is None or lang in wanted
    )
    _check_limits(suite, found)
    return found


def item_limit(suite: Suite, shard: Shard) -> int | None:
    """How many items a shard has at most: the last of the suite's limits that fits it, else its one for all."""
    fitting = [each.limit for each in suite.limits if each.fits(shard.model, shard.dataset, shard.lang)]
    return fitting[-1] if fitting else suite.limit


def _check_limits(suite: Suite, found: Sequence[Shard]) -> None:
    """UserError where a limit fits no shard: it names what the suite does not have."""
    for each in suite.limits:
        if not any(each.fits(shard.model, shard.dataset, shard.lang) for shard in found):
            named = " ".join(name for name in (each.model, each.dataset, each.language) if name)
            raise UserError(f"suite '{suite.name}': the limit of {each.limit} items for '{named}' fits no shard of it")


def _languages(suite: Suite, configs: Mapping[str, DatasetConfig]) -> frozenset[str] | None:
    if suite.languages is None:
        return None
    offered = {lang for config in configs.values() for lang in config.languages}
    for code in suite.languages:
        language(code)
        if code not in offered:
            near = difflib.get_close_matches(code, offered, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise UserError(
                f"suite '{suite.name}': no data set of it has the language '{code}'{hint} "
                f"(they have {', '.join(sorted(offered))})"
            )
    return frozenset(suite.languages)


def estimate_tokens(messages: Sequence[Message]) -> int:
    """A rough count from UTF-8 bytes, about 4 a token in every script that today's vocabularies know; ±40 %."""
    return sum(math.ceil(len(message.content.encode("utf-8", "replace")) / 4) + 4 for message in messages)


def estimate(
    model: Model, prompts: Sequence[tuple[int, int]], *, shard_count: int, tokens_per_s: float | None
) -> Estimate:
    """Cost and time of one model from (input tokens, output limit) per request; answers are taken to fill half.

    A composite model asks twice, the second time with the draft too, each part at its own price.
    """
    asked, made = sum(given for given, _ in prompts), sum(limit // 2 for _, limit in prompts)
    calls, prices = [(asked, made)], [model.price]
    if model.engine == "composite":
        calls, prices = [(asked, made), (asked + made, made)], [part.price for part in model.parts]
    given, answered = sum(tokens for tokens, _ in calls), sum(tokens for _, tokens in calls)
    usd = None if model.price is None else model.price.cost_usd(given, answered)
    if all(prices):
        usd = sum(price.cost_usd(*tokens) for price, tokens in zip(prices, calls, strict=True) if price)
    seconds = answered / tokens_per_s if tokens_per_s else None
    return Estimate(model.name, shard_count, len(prompts), given, answered, usd, seconds)
