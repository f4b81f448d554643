"""Where a rule must hold: expands its scope into the cells that are judged one by one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from tasks.gate_quantities import PIVOT, PIVOTED
from tasks.gate_read import Item, RunFacts
from tasks.policy import Policy, Rule


@dataclass(frozen=True, slots=True)
class Cell:
    """One place where a rule is judged. `langs` and `datasets` are what its items come from; the rest names it."""

    where: str
    datasets: tuple[str, ...]
    langs: tuple[str, ...]
    categories: tuple[str, ...] | None
    lang: str | None = None
    dataset: str | None = None
    category: str | None = None

    def holds(self, item: Item) -> bool:
        """Whether an item is in the cell."""
        return self.has(item.dataset, item.lang) and (self.categories is None or item.category in self.categories)

    def has(self, dataset: str, lang: str) -> bool:
        """Whether a shard is in the cell."""
        return dataset in self.datasets and lang in self.langs


def cells(
    policy: Policy, rule: Rule, facts: RunFacts, items: Iterable[Item], *,
    base: RunFacts | None = None, base_items: Iterable[Item] = (),
) -> list[Cell]:  # fmt: skip
    """The cells of a rule in a run, from what was planned, so that what never came is a cell without numbers.

    `items` are those that have the rule's quantity: a data set that has none of them cannot have it. What the rule
    names, a language or a data set, is a cell in any case, and so is what the baseline of a margin has and this run
    left out. An empty list means that nothing in the run has the quantity in the rule's scope.
    """
    there, before = list(items), list(base_items)
    wanted, chosen = policy.languages_of(rule), rule.datasets
    planned = _planned(rule, facts, {item.dataset for item in there}, wanted)
    if base is not None and rule.margin is not None:
        planned += _planned(rule, base, {item.dataset for item in before}, wanted)
    for named in wanted or ():
        if named not in {lang for _, lang in planned} and not _pivot(rule, named):
            planned += [("", named)] if planned else []
    if not planned:
        return []
    for named in chosen or ():
        if named not in {dataset for dataset, _ in planned}:
            planned.append((named, ""))
    return _expand(rule, list(dict.fromkeys(planned)), [*there, *before])


def _planned(
    rule: Rule, facts: RunFacts, measured: Collection[str], wanted: Collection[str] | None
) -> list[tuple[str, str]]:
    """The shards of a run that can have the rule's quantity and lie in its scope."""
    return [
        (shard.dataset, shard.lang) for shard in facts.shards
        if shard.dataset in measured and (rule.datasets is None or shard.dataset in rule.datasets)
        and (wanted is None or shard.lang in wanted) and not _pivot(rule, shard.lang)
    ]  # fmt: skip


def _pivot(rule: Rule, lang: str) -> bool:
    """Whether the quantity sets languages beside this one, and so has no value in it."""
    return rule.quantity in PIVOTED and lang == PIVOT


def _expand(rule: Rule, planned: Sequence[tuple[str, str]], items: Sequence[Item]) -> list[Cell]:
    """One cell a language, data set or category, or one over all; those that no shard fills are cells too."""
    kept = rule.categories
    datasets = tuple(sorted({dataset for dataset, _ in planned} - {""}))
    langs = tuple(sorted({lang for _, lang in planned} - {""}))
    empty = [Cell(name, (name,), (), kept, dataset=name) for name, lang in planned if not lang]
    match rule.scope:
        case "each_language" | "worst_language":
            return empty + [
                Cell(lang, tuple(d for d in datasets if (d, lang) in planned), (lang,), kept, lang=lang)
                for lang in langs
            ]
        case "each_dataset":
            return [
                Cell(name, (name,), tuple(code for code in langs if (name, code) in planned), kept, dataset=name)
                for name in datasets
            ]
        case "each_category":
            names = sorted({item.category for item in items if item.category and item.dataset in datasets})
            return empty + [
                Cell(name, datasets, langs, (name,), category=name) for name in names if kept is None or name in kept
            ]
        case "group":
            return [*empty, Cell(rule.group or "", datasets, langs, kept)]
        case _:
            return [*empty, Cell("", datasets, langs, kept)]
