"""The release policy: rules over measured quantities as strict frozen models, with bad policies refused at the door."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from datasets_cfg.strict_yaml import nearest, read_yaml
from tasks.languages import LANGUAGES
from tasks.policy_conflicts import Asked, conflict
from tasks.quantities import QUANTITIES, Quantity
from tasks.schema import UserError
from tasks.suite import Name, Strict, Texts

POLICIES = Path(__file__).parent.parent / "flows" / "policies"

Tier = Literal["critical", "supporting", "advisory"]
Scope = Literal["each_language", "worst_language", "group", "overall", "each_dataset", "each_category"]
Some = Annotated[Texts, Field(min_length=1)]

NUMBERS = ("at_least", "at_most", "margin")
GROUPED = ("group", "each_language", "worst_language")
"""Scopes that a group of languages can narrow: pooled, one by one, or the worst of them."""
FORMS = (*NUMBERS, "one_of", "is_true")


class Rule(Strict):
    """One demand on one quantity: exactly one of at_least, at_most, margin, one_of and is_true.

    `margin` is how much worse than the baseline the model may be, in the quantity's own unit. `languages`, `datasets`
    and `categories` narrow the scope; all where left out.
    """

    name: Name = Field(description="what reports and the warehouse call it")
    quantity: str = Field(description="accuracy, chrf, consistency, code_switch, judge.grammar, latency_p95_ms, …")
    tier: Tier = "critical"
    scope: Scope = Field(default="overall", description="where the rule must hold; attributes have no scope but this")
    group: str | None = Field(default=None, description="which of the policy's groups, pooled or by language")
    at_least: float | None = Field(default=None, strict=False, allow_inf_nan=False)
    at_most: float | None = Field(default=None, strict=False, allow_inf_nan=False)
    margin: float | None = Field(default=None, strict=False, allow_inf_nan=False)
    one_of: Some | None = None
    is_true: bool | None = None
    languages: Some | None = None
    datasets: Some | None = None
    categories: Some | None = None
    min_items: int | None = Field(default=None, ge=1, description="overrides the policy's; per language and category")
    why: str = Field(default="", description="for the reader of a failed rule")

    @property
    def form(self) -> str:
        return next(form for form in FORMS if getattr(self, form) is not None)

    @property
    def of(self) -> Quantity:
        return QUANTITIES[self.quantity]

    @field_validator("quantity")
    @classmethod
    def _known_quantity(cls, name: str) -> str:
        if name not in QUANTITIES:
            raise ValueError(f"unknown quantity '{name}'{nearest(name, QUANTITIES)} (known: {', '.join(QUANTITIES)})")
        return name

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, codes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return _languages(codes) if codes else codes

    @model_validator(mode="after")
    def _possible(self) -> "Rule":
        forms = [form for form in FORMS if getattr(self, form) is not None]
        if len(forms) != 1:
            given = " and ".join(forms) or "none"
            raise ValueError(f"rule '{self.name}' needs exactly one of {', '.join(FORMS)}; it has {given}")
        allowed = {"word": ("one_of",), "flag": ("is_true",)}.get(self.of.weighed, NUMBERS)
        if forms[0] not in allowed:
            raise ValueError(f"rule '{self.name}': {self.quantity} takes {' or '.join(allowed)}, not {forms[0]}")
        if self.scope == "group" and self.group is None:
            raise ValueError(f"rule '{self.name}' needs the name of a group")
        if self.group is not None and self.scope not in GROUPED:
            raise ValueError(f"rule '{self.name}' has a group, so it needs scope: {' or '.join(GROUPED)}")
        if self.of.weighed in ("word", "flag") and (self.scope != "overall" or self.languages or self.datasets):
            raise ValueError(f"rule '{self.name}': {self.quantity} belongs to the model, so it has no scope")
        if self.quantity in ("english_gap", "consistency", "agree_valid", "transfer", "same_wrong") and (
            self.languages == ("en",)
        ):
            raise ValueError(f"rule '{self.name}': {self.quantity} compares with English, so 'en' alone is empty")
        self._in_range()
        return self

    def _in_range(self) -> None:
        """Refuse bounds that nothing, or everything, could meet."""
        bound = next((value for form in NUMBERS if (value := getattr(self, form)) is not None), None)
        if bound is None:
            return
        of, low = self.of, self.of.lower
        high = float("inf") if of.upper is None else of.upper
        if self.form == "margin":
            low, high = 0.0, high - low
        place = f"rule '{self.name}': {self.quantity} {self.form} {bound:g}"
        hint = f"; did you mean {bound / 100:g}?" if of.upper == 1 and 2 <= bound <= 100 else ""
        ends = "and up" if high == float("inf") else f"to {high:g}"
        if not low <= bound <= high or self.form == "margin" and bound in (low, high):
            name = "its margin" if self.form == "margin" else "it"
            raise ValueError(f"{place} is impossible: {name} lies from {low:g} {ends}{hint}")
        if bound == (low if self.form == "at_least" else high):
            raise ValueError(f"{place} is always met")
        if of.estimated and bound in (low, high):
            raise ValueError(f"{place} can never be shown: no number of items proves it; leave it some room")


class Policy(Strict):
    """What a model must be shown to hold before it may ship."""

    name: Name
    title: str = ""
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="chance of a false NO-GO, and of a false GO, at most")
    min_items: int = Field(default=200, ge=1, description="items per language and category below which nothing is said")
    infra_error_limit: float = Field(default=0.01, ge=0, lt=1, description="above this share there is no GO")
    language_error_limit: float = Field(default=0.02, ge=0, lt=1, description="the same in any one language")
    baseline: str | None = Field(default=None, description="run or tag that margins compare with; --baseline overrides")
    languages: Some | None = Field(default=None, description="what the release serves; default: all in the run")
    groups: dict[str, Some] = Field(default={}, description="named groups of languages")
    rules: tuple[Rule, ...] = Field(min_length=1, strict=False)

    @field_validator("groups")
    @classmethod
    def _known_languages(cls, groups: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {name: _languages(codes) for name, codes in groups.items()}

    @field_validator("languages")
    @classmethod
    def _known(cls, codes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return _languages(codes) if codes else codes

    @model_validator(mode="after")
    def _sound(self) -> "Policy":
        names = [rule.name for rule in self.rules]
        if doubled := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two rules are named '{doubled}'")
        if not any(rule.tier == "critical" for rule in self.rules):
            raise ValueError("no rule is critical, so this policy could never say GO")
        for rule in self.rules:
            if rule.group is not None and rule.group not in self.groups:
                known = f" (known: {', '.join(self.groups)})" if self.groups else " (the policy has no groups)"
                raise ValueError(
                    f"rule '{rule.name}': unknown group '{rule.group}'{nearest(rule.group, self.groups)}{known}"
                )
            if self.languages_of(rule) == ():
                where = f"in '{rule.group}'" if rule.group else "among the policy's"
                raise ValueError(f"rule '{rule.name}' has an empty scope: none of its languages is {where}")
        if found := conflict([_asked(self, rule) for rule in self.rules]):
            raise ValueError(found)
        return self

    def languages_of(self, rule: Rule) -> tuple[str, ...] | None:
        """The languages a rule is about, None for all that the run has."""
        group = self.groups.get(rule.group) if rule.group is not None else None
        given = [codes for codes in (group, rule.languages, self.languages) if codes is not None]
        if not given:
            return None
        return tuple(code for code in given[0] if all(code in codes for codes in given[1:]))


def policy_names(roots: Sequence[Path] = ()) -> list[str]:
    """The policies in the given folders and the shipped ones, sorted."""
    return sorted({path.stem for folder in (*roots, POLICIES) for path in folder.glob("*.yaml")})


def load_policy(name_or_path: str, roots: Sequence[Path] = ()) -> Policy:
    """A policy by name (given folders first, then the shipped ones) or by the path of its YAML.

    ConfigError: the file cannot be read or says something wrong. UserError: there is no such policy.
    """
    if name_or_path.endswith((".yaml", ".yml")) or "/" in name_or_path:
        return read_yaml(Path(name_or_path), Policy)
    for folder in (*roots, POLICIES):
        path = folder / f"{name_or_path}.yaml"
        if path.is_file():
            return read_yaml(path, Policy)
    known = policy_names(roots)
    raise UserError(f"unknown policy '{name_or_path}'{nearest(name_or_path, known)} (known: {', '.join(known)})")


def check_against(
    policy: Policy, *, languages: Sequence[str], datasets: Sequence[str], categories: Sequence[str]
) -> None:
    """Refuse a policy that names what the run does not have: a rule whose scope is empty there is no rule.

    UserError with the rule, what it names and the nearest that exists.
    """
    for rule in policy.rules:
        wanted = (("language", policy.languages_of(rule), languages), ("data set", rule.datasets, datasets),
                  ("category", rule.categories, categories))  # fmt: skip
        for what, names, there in wanted:
            lacking = [name for name in names or () if name not in there]
            if lacking:
                hint = nearest(lacking[0], there)
                raise UserError(
                    f"rule '{rule.name}' of policy '{policy.name}' asks for {what} '{lacking[0]}', "
                    f"which the run does not have{hint} (it has: {', '.join(there) or 'none'})"
                )


def _languages(codes: tuple[str, ...]) -> tuple[str, ...]:
    unknown = next((code for code in codes if code not in LANGUAGES), None)
    if unknown is not None:
        raise ValueError(f"unknown language '{unknown}'{nearest(unknown, LANGUAGES)}")
    return codes


def _asked(policy: Policy, rule: Rule) -> Asked:
    value = getattr(rule, rule.form)
    return Asked(
        rule.name, rule.quantity, rule.tier, rule.scope, rule.group, rule.form,
        value if isinstance(value, tuple) else float(value),
        policy.languages_of(rule), rule.datasets, rule.categories,
    )  # fmt: skip


def schema_text() -> str:
    """The JSON schema for editors, as flows/policies/schema.json holds it; `python -m tasks.policy` prints it."""
    return json.dumps(Policy.model_json_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
