"""Says in which respects two runs were made differently, so that their numbers must not be compared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.gate_read import Reader, RunFacts


@dataclass(frozen=True, slots=True)
class Difference:
    """One respect in which a data set was made differently; `metric` is empty where it concerns all of them."""

    dataset: str
    metric: str
    lang: str
    what: str


def differences(reader: Reader, ours: RunFacts, theirs: RunFacts) -> list[Difference]:
    """Every difference in data, prompts, metrics and extraction over the data sets that both runs have.

    Texts are compared item by item, so a run over more items of the same data set is no difference.
    """
    shared = [name for name in ours.datasets if name in theirs.datasets]
    return [*_declared(ours, theirs, shared), *_asked(reader, ours, theirs), *_made(reader, ours, theirs)]


def blocking(
    found: Sequence[Difference], *, datasets: Iterable[str], langs: Iterable[str], metrics: Iterable[str]
) -> str:
    """The differences that concern these cells as one phrase, empty where there is none."""
    datasets, langs, metrics = set(datasets), set(langs), set(metrics)
    told = [
        f"{each.dataset}: {each.what}"
        for each in found
        if each.dataset in datasets and (not each.lang or each.lang in langs)
        and (not each.metric or each.metric in metrics)
    ]  # fmt: skip
    return "; ".join(dict.fromkeys(told))


def _declared(ours: RunFacts, theirs: RunFacts, shared: Sequence[str]) -> list[Difference]:
    found = []
    for name in shared:
        a, b = ours.datasets[name], theirs.datasets[name]
        pairs = (("version", a.version, b.version), ("revision", a.revision[:12], b.revision[:12]),
                 ("configuration (prompts and markers)", a.config_hash[:12], b.config_hash[:12]))  # fmt: skip
        for what, mine, other in pairs:
            if mine != other:
                found.append(Difference(name, "", "", f"the {what} differs ('{mine}' here, '{other}' in the baseline)"))
    return found


def _asked(reader: Reader, ours: RunFacts, theirs: RunFacts) -> list[Difference]:
    """Items of one name with another text, and items of one text that were asked with other messages."""
    before = {row[:3]: row[3:] for row in reader.of("prompts", theirs.subject)}
    texts: dict[tuple[str, str], int] = {}
    prompts: dict[tuple[str, str], int] = {}
    for row in reader.of("prompts", ours.subject):
        other = before.get(row[:3])
        if other is None:
            continue
        if other[0] != row[3]:
            texts[row[:2]] = texts.get(row[:2], 0) + 1
        elif other[1] != row[4]:
            prompts[row[:2]] = prompts.get(row[:2], 0) + 1
    said = ((texts, "items have another text or gold"), (prompts, "items were asked with another prompt"))
    return [
        Difference(dataset, "", lang, f"{n} {what} in {lang}")
        for each, what in said
        for (dataset, lang), n in each.items()
    ]


def _made(reader: Reader, ours: RunFacts, theirs: RunFacts) -> list[Difference]:
    def by_series(facts: RunFacts) -> dict[tuple[str, str, str], tuple[str, str]]:
        rows = reader.of("made", facts.subject)
        return {(dataset, lang, metric): (version, signature) for dataset, lang, metric, version, signature in rows}

    before, found = by_series(theirs), []
    for (dataset, lang, metric), (version, signature) in sorted(by_series(ours).items()):
        other = before.get((dataset, lang, metric))
        if other is None or other == (version, signature):
            continue
        what = "version" if other[0] != version else "signature"
        mine, theirs_ = (version, other[0]) if what == "version" else (signature, other[1])
        found.append(
            Difference(dataset, metric, lang, f"the {what} of {metric} differs ('{mine}' here, '{theirs_}' there)")
        )
    return found
