"""Checks all that can be checked before anything starts: suite, data sets, items, metrics and models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets_cfg.config import DatasetConfig, load_config
from tasks.datacheck import check_items
from tasks.engines import EngineContext, check_engine
from tasks.engines.composite import check_languages
from tasks.judge.admission import check_judges
from tasks.load import load_items
from tasks.metrics import metrics_for
from tasks.parallel import Finding, check_parallel
from tasks.plan import Shard, item_limit, shards
from tasks.schema import Item, UserError, digest
from tasks.suite import Suite

Items = Mapping[tuple[str, str], Sequence[Item]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A suite that may start: its data sets by name, its items by (dataset, language), and what was noticed.

    Where limits differ by model the items are those of the model that has the most.
    """

    suite: Suite
    configs: Mapping[str, DatasetConfig]
    items: Items
    shards: tuple[Shard, ...]
    findings: Mapping[str, tuple[Finding, ...]]
    """By data set: what the data check saw. It is stored with the run; only languages that are not parallel block."""

    def requested(self) -> dict[Shard, int]:
        """How many completions each shard is to have."""
        return {shard: self._items_of(shard) * self.suite.repeats for shard in self.shards}

    def _items_of(self, shard: Shard) -> int:
        """Limits count items as the data set has them; where it asks each at several lengths, each is several."""
        there, limit = len(self.items[shard.dataset, shard.lang]), item_limit(self.suite, shard)
        return there if limit is None else min(there, limit * max(1, len(self.configs[shard.dataset].lengths)))

    @property
    def requests(self) -> int:
        """How many completions the whole suite is to have."""
        return sum(self.requested().values())

    def hashes(self) -> dict[str, str]:
        """Data set → hash of its configuration, by which a resumed run knows that it has not changed."""
        return {name: config_hash(config) for name, config in self.configs.items()}


def config_hash(config: DatasetConfig) -> str:
    """sha256 of a data set's configuration as it was read."""
    return digest(config.model_dump(mode="json"))


def prepare(suite: Suite, context: EngineContext, *, unchecked: Sequence[str] = ()) -> Prepared:
    """Load and check everything a suite names; nothing is started or written. `unchecked` names engines to trust.

    UserError or ConfigError with one sentence: an unknown data set, language or metric, a file that cannot be read,
    languages that are not parallel, a model whose key, file or interpreter is missing, or which has no
    words in a language.
    """
    configs = {name: load_config(name, suite.dataset_roots) for name in suite.datasets}
    found = shards(suite, configs)
    for config in configs.values():
        metrics_for(config.metrics, config.kind)
    for model in suite.models:
        if model.engine not in unchecked:
            check_engine(model, context)
        if model.engine == "composite":
            check_languages(model, [shard.lang for shard in found if shard.model == model.name])
    check_judges(suite.judges, suite.models, context, unchecked=unchecked)
    limits = _limits(suite, found)

    def load(at: tuple[str, str], limit: int | None) -> Sequence[Item]:
        config, hub = configs[at[0]], context.home / "hub"
        return load_items(config, at[1], context.data_dir, limit, seed=suite.seed, cache_dir=hub)

    items = {at: load(at, limit) for at, limit in limits.items()}
    alike = {at: items[at] if least == limits[at] else load(at, least) for at, least in _least(limits).items()}
    apart = [f for name, config in configs.items() for f in check_parallel(config, _of(name, alike))]
    broken = [finding for finding in apart if finding.severity == "error"]
    if broken:
        raise UserError(broken[0].message)
    findings = {name: tuple(check_items(config, _of(name, alike))) for name, config in configs.items()}
    return Prepared(suite, configs, items, found, findings)


def _limits(suite: Suite, found: Sequence[Shard]) -> dict[tuple[str, str], int | None]:
    """The largest limit of any model by (dataset, language); None is all items."""
    limits: dict[tuple[str, str], list[int | None]] = {}
    for shard in found:
        limits.setdefault((shard.dataset, shard.lang), []).append(item_limit(suite, shard))
    return {at: max((n for n in each if n is not None), default=None) if None not in each else None
            for at, each in limits.items()}  # fmt: skip


def _least(limits: Mapping[tuple[str, str], int | None]) -> dict[tuple[str, str], int | None]:
    """Each data set's smallest limit for all of its languages: what they can be held against each other on."""
    by_dataset: dict[str, list[int]] = {}
    for (dataset, _), limit in limits.items():
        by_dataset.setdefault(dataset, []).extend([] if limit is None else [limit])
    return {at: min(by_dataset[at[0]], default=None) for at in limits}


def _of(dataset: str, items: Items) -> dict[str, Sequence[Item]]:
    return {lang: found for (name, lang), found in items.items() if name == dataset}
