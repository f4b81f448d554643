"""Checks all that can be checked before anything starts: suite, data sets, items, metrics and models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets_cfg.config import DatasetConfig, load_config
from tasks.datacheck import check_items
from tasks.engines import EngineContext, check_engine
from tasks.judge.admission import check_judges
from tasks.load import load_items
from tasks.metrics import metrics_for
from tasks.parallel import Finding, check_parallel
from tasks.plan import Shard, shards
from tasks.schema import Item, UserError, digest
from tasks.suite import Suite

Items = Mapping[tuple[str, str], Sequence[Item]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A suite that may start: its data sets by name, its items by (dataset, language), and what was noticed."""

    suite: Suite
    configs: Mapping[str, DatasetConfig]
    items: Items
    shards: tuple[Shard, ...]
    findings: Mapping[str, tuple[Finding, ...]]
    """By data set: what the data check saw. It is stored with the run; only languages that are not parallel block."""

    def requested(self) -> dict[Shard, int]:
        """How many completions each shard is to have."""
        return {s: len(self.items[s.dataset, s.lang]) * self.suite.repeats for s in self.shards}

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
    languages that are not parallel, a model whose key, file or interpreter is missing.
    """
    configs = {name: load_config(name, suite.dataset_roots) for name in suite.datasets}
    found = shards(suite, configs)
    for config in configs.values():
        metrics_for(config.metrics, config.kind)
    for model in suite.models:
        if model.engine not in unchecked:
            check_engine(model, context)
    check_judges(suite.judges, suite.models, context, unchecked=unchecked)
    items = {
        (s.dataset, s.lang): load_items(
            configs[s.dataset], s.lang, context.data_dir, suite.limit, seed=suite.seed, cache_dir=context.home / "hub"
        )
        for s in found
        if s.model == suite.models[0].name
    }
    apart = [f for name, config in configs.items() for f in check_parallel(config, _of(name, items))]
    broken = [finding for finding in apart if finding.severity == "error"]
    if broken:
        raise UserError(broken[0].message)
    findings = {name: tuple(check_items(config, _of(name, items))) for name, config in configs.items()}
    return Prepared(suite, configs, items, found, findings)


def _of(dataset: str, items: Items) -> dict[str, Sequence[Item]]:
    return {lang: found for (name, lang), found in items.items() if name == dataset}
