"""What a model costs and how much it may think: settings of a suite that more than one engine reads."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from datasets_cfg.strict_yaml import read_yaml

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ShardLimit(Strict):
    """How many items some shards have, whatever the suite's limit says: those of a model, data set and language."""

    model: Name | None = Field(default=None, description="every one when left out, as of the next two")
    dataset: Name | None = None
    language: str | None = None
    limit: int = Field(ge=1)

    def fits(self, model: str, dataset: str, lang: str) -> bool:
        """Whether a shard is among those meant."""
        pairs = ((self.model, model), (self.dataset, dataset), (self.language, lang))
        return all(mine in (None, other) for mine, other in pairs)


class _Currency(Strict):
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$", description="ISO 4217")
    usd: float = Field(default=1.0, gt=0, description="US dollars for one unit of the currency, that day")
    date: str = Field(default="", description="when the price was read, ISO 8601")

    @model_validator(mode="after")
    def _has_a_rate(self) -> Self:
        if self.currency != "USD" and "usd" not in self.model_fields_set:
            raise ValueError(f"a price in {self.currency} needs 'usd': how many dollars one {self.currency} was worth")
        return self


class Rates(Strict):
    """Money per million tokens; cached input costs as input and thinking as output where nothing else is said."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached_input: float | None = Field(default=None, ge=0)
    thinking: float | None = Field(default=None, ge=0)


class Price(Rates, _Currency):
    """Money per million tokens of one model."""

    def cost_usd(self, prompt: int, completion: int, *, cached: int = 0, thinking: int = 0) -> float:
        """Dollars for the tokens of a call: `cached` are part of the prompt, `thinking` of the completion."""
        cached_price = self.input if self.cached_input is None else self.cached_input
        thinking_price = self.output if self.thinking is None else self.thinking
        money = (prompt - cached) * self.input + cached * cached_price
        money += (completion - thinking) * self.output + thinking * thinking_price
        return money * self.usd / 1e6


class PriceFile(_Currency):
    """Prices of many models in one currency, read on one day; by the name that a suite gives the model."""

    models: dict[Name, Rates] = Field(min_length=1)

    def price(self, model: str) -> Price | None:
        """That of one model; None where the file does not know it."""
        rates = self.models.get(model)
        if rates is None:
            return None
        return Price(currency=self.currency, usd=self.usd, date=self.date, **rates.model_dump())


def read_prices(path: Path) -> PriceFile:
    """A price file; ConfigError names what is wrong in it."""
    return read_yaml(path, PriceFile)


class Thinking(Strict):
    """How much a model may think, and in which words its server is told so (see tasks/engines/thinking_body.py)."""

    form: Literal["vllm", "openai", "openrouter", "anthropic", "qwen"]
    enabled: bool | None = None
    budget: int | None = Field(default=None, ge=0, description="tokens")
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None


def fill_parts(suite: object) -> object:
    """A suite as read, its composite models with the settings of the two models that they name.

    ValueError: a name that no model of the suite has, or one that is itself made of others or recorded.
    """
    models = suite.get("models") if isinstance(suite, dict) else None
    if not isinstance(suite, dict) or not isinstance(models, list | tuple):
        return suite
    known: dict[object, dict[str, object]] = {m.get("name"): m for m in models if isinstance(m, dict)}
    filled = [_filled(model, known) if isinstance(model, dict) else model for model in models]
    return {**suite, "models": filled}


def _filled(model: dict[str, object], known: dict[object, dict[str, object]]) -> dict[str, object]:
    if model.get("engine") != "composite" or not {"draft", "refine"} <= model.keys():
        return model
    parts = []
    for role in ("draft", "refine"):
        part = known.get(model[role])
        if part is None:
            there = ", ".join(str(name) for name in known if name != model.get("name"))
            raise ValueError(f"model '{model.get('name')}': {role} names '{model[role]}', the suite has {there}")
        if part.get("engine") in ("composite", "replay"):
            raise ValueError(f"model '{model.get('name')}': {role} names '{model[role]}', which cannot be asked anew")
        parts.append(part)
    return {**model, "parts": parts}
