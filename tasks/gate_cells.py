"""Where a rule must hold: expands its scope into the cells that are judged one by one."""

from collections.abc import Iterable, Sequence
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


def cells(policy: Policy, rule: Rule, facts: RunFacts, items: Iterable[Item]) -> list[Cell]:
    """The cells of a rule in a run, from what was planned, so that what never came is a cell without numbers.

    `items` are those that have the rule's quantity: a data set that has none of them cannot have it. An empty list
    means that nothing in the run has the quantity in the rule's scope.
    """
    there = list(items)
    measured = {item.dataset for item in there} if there else set()
    wanted, chosen = policy.languages_of(rule), rule.datasets
    planned = [
        (shard.dataset, shard.lang) for shard in facts.shards
        if shard.dataset in measured and (chosen is None or shard.dataset in chosen)
        and (wanted is None or shard.lang in wanted) and not (rule.quantity in PIVOTED and shard.lang == PIVOT)
    ]  # fmt: skip
    if not planned:
        return []
    datasets = tuple(sorted({dataset for dataset, _ in planned}))
    langs = tuple(sorted({lang for _, lang in planned}))
    return _expand(rule, planned, datasets, langs, there)


def _expand(
    rule: Rule, planned: Sequence[tuple[str, str]], datasets: tuple[str, ...], langs: tuple[str, ...],
    items: Sequence[Item],
) -> list[Cell]:  # fmt: skip
    kept = rule.categories
    match rule.scope:
        case "each_language" | "worst_language":
            return [
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
            return [
                Cell(name, datasets, langs, (name,), category=name) for name in names if kept is None or name in kept
            ]
        case "group":
            return [Cell(rule.group or "", datasets, langs, kept)]
        case _:
            return [Cell("", datasets, langs, kept)]
