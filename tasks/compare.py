"""Head to head: models on the same items, language by language, with a winner only where one is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from datasets_cfg.strict_yaml import nearest
from tasks.compare_duel import Duel, corpus_duel, itemwise_duel
from tasks.compare_facts import Profile, profile
from tasks.gate_corpus import Counted, counted
from tasks.gate_fingerprints import blocking, differences
from tasks.gate_quantities import metrics_behind, observe
from tasks.gate_read import Observation, Reader, RunFacts, Subject, run_facts
from tasks.metrics import METRICS
from tasks.quantities import QUANTITIES
from tasks.schema import UserError
from tasks.stats import holm

OVERALL = ""
"""The place of the rows over all languages."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to use in a language: a winner where one is established, else those that nothing separates."""

    lang: str
    winner: str | None
    among: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything about a head-to-head. Names of models are unique: with several runs of one, run/model."""

    quantity: str
    alpha: float
    profiles: tuple[Profile, ...]
    duels: tuple[Duel, ...]
    advice: tuple[Advice, ...]
    excluded: Mapping[str, str]
    """Model → which constraint it misses."""


def compare(
    reader: Reader, subjects: Sequence[Subject], *, quantity: str = "accuracy", alpha: float = 0.05,
    constraints: Mapping[str, str] | None = None,
) -> Comparison:  # fmt: skip
    """Compare every pair of models in every language on the items that both have.

    UserError: fewer than two models, or no item that two of them share.
    """
    if quantity not in QUANTITIES:
        raise UserError(f"unknown quantity '{quantity}'{nearest(quantity, QUANTITIES)}")
    if QUANTITIES[quantity].weighed not in ("rate", "mean", "corpus"):
        raise UserError(f"'{quantity}' is no number of answers; 'babelgate gate' compares it by a rule with a margin")
    names = _names(subjects)
    if len(names) < 2:
        raise UserError("a comparison needs two models: name two runs or models, or one run that has several")
    facts = {name: run_facts(reader, subject) for name, subject in names.items()}
    found = {name: _read(reader, facts[name], quantity) for name in names}
    duels = [duel for a, b in combinations(names, 2) for duel in _duels(reader, quantity, (a, b), facts, found)]
    if not any(duel.n for duel in duels):
        raise UserError(f"these models share no item with a value for {quantity}: {', '.join(names)}")
    adjusted = _adjusted(duels)
    profiles = tuple(profile(reader, name, facts[name]) for name in names)
    excluded = {p.name: why for p in profiles if (why := p.misses(constraints or {}))}
    allowed = [name for name in names if name not in excluded]
    measured = {name: {OVERALL, *(o.of.lang for o in of.items if o.value is not None)} for name, of in found.items()}
    advice = _advice(adjusted, allowed, excluded, measured, alpha, QUANTITIES[quantity].better == "higher")
    return Comparison(quantity, alpha, profiles, tuple(adjusted), advice, excluded)


def find_subjects(reader: Reader, name: str) -> list[Subject]:
    """What a word on the command line means: RUN (all its models), RUN/MODEL, a model (its newest run), or a tag."""
    rows = reader.rows("runs")
    run, _, model = name.partition("/")
    if run == "latest" and rows:
        run = rows[0][0]
    by_run = [Subject(r, m) for r, m in rows if r == run and model in ("", m)]
    if by_run:
        return by_run
    newest = next((Subject(r, m) for r, m in rows if m == name), None)
    tagged = [Subject(r, m) for r, m in reader.rows("tagged", {"tag": run}) if model in ("", m)]
    if tagged or newest:
        return tagged or [newest] if newest else tagged
    known = [*dict.fromkeys([*(m for _, m in rows), *(r for r, _ in rows)])]
    raise UserError(f"there is no run, model or tag '{name}'{nearest(name, known)}")


def _names(subjects: Sequence[Subject]) -> dict[str, Subject]:
    unique = list(dict.fromkeys(subjects))
    models = [subject.model for subject in unique]
    return {
        subject.model if models.count(subject.model) == 1 else f"{subject.run_id}/{subject.model}": subject
        for subject in unique
    }


@dataclass(frozen=True, slots=True)
class Found:
    """What a model has of the quantity, item by item; of a corpus metric the counts of each answer as well."""

    items: Sequence[Observation]
    counts: Sequence[Counted] = ()


def _read(reader: Reader, facts: RunFacts, quantity: str) -> Found:
    if QUANTITIES[quantity].weighed == "corpus":
        return Found(observe(reader, facts, METRICS[quantity].part), counted(reader, facts, quantity))
    return Found(observe(reader, facts, quantity))


def _duels(
    reader: Reader, quantity: str, pair: tuple[str, str], facts: Mapping[str, RunFacts], found: Mapping[str, Found]
) -> list[Duel]:
    a, b = pair
    apart = differences(reader, facts[a], facts[b])
    shared = sorted({o.of.lang for o in found[a].items} & {o.of.lang for o in found[b].items})
    made = metrics_behind(reader, facts[a], quantity)
    duels = []
    for lang in [*shared, OVERALL]:
        langs = [lang] if lang else shared
        why = blocking(apart, datasets=facts[a].datasets, langs=langs, metrics=made)
        ours, theirs = ([o for o in found[name].items if o.of.lang in langs] for name in pair)
        if QUANTITIES[quantity].weighed == "corpus":
            mine, other = ([c for c in found[name].counts if c.of.lang in langs] for name in pair)
            duels.append(corpus_duel(pair, lang, quantity, mine, other, (ours, theirs), why))
        else:
            duels.append(itemwise_duel(pair, lang, ours, theirs, why))
    return duels


def _adjusted(duels: Sequence[Duel]) -> list[Duel]:
    """Holm over the languages of all pairs, and over the pairs where all languages count together."""
    p_values: dict[int, float | None] = {}
    for family in ([i for i, d in enumerate(duels) if d.lang], [i for i, d in enumerate(duels) if not d.lang]):
        p_values |= dict(zip(family, holm([duels[i].p for i in family]), strict=True))
    return [replace(duel, p_adjusted=p_values[i]) for i, duel in enumerate(duels)]


def _advice(
    duels: Sequence[Duel], allowed: Sequence[str], excluded: Mapping[str, str], measured: Mapping[str, set[str]],
    alpha: float, higher: bool,
) -> tuple[Advice, ...]:  # fmt: skip
    langs = sorted({duel.lang for duel in duels if duel.lang}) + [OVERALL]
    shown = {
        lang: [
            _beaten(d, higher) for d in duels if d.lang == lang and d.p_adjusted is not None and d.p_adjusted <= alpha
        ]
        for lang in langs
    }
    return tuple(
        _advise(lang, [d for d in duels if d.lang == lang], allowed, excluded, set(shown[lang]), measured)
        for lang in langs
    )


def _advise(
    lang: str, duels: Sequence[Duel], allowed: Sequence[str], excluded: Mapping[str, str], beats: set[tuple[str, str]],
    measured: Mapping[str, set[str]],
) -> Advice:  # fmt: skip
    if not allowed:
        return Advice(lang, None, (), f"no model meets the constraints: {'; '.join(excluded.values())}")
    absent = [name for name in allowed if lang not in measured[name]]
    allowed = [name for name in allowed if name not in absent]
    if absent and len(allowed) < 2:
        return Advice(lang, None, tuple(allowed), f"not measured there: {', '.join(absent)}")
    if len(allowed) == 1:
        return Advice(lang, allowed[0], tuple(allowed), "the only model that meets the constraints")
    inside = [d for d in duels if d.first in allowed and d.second in allowed]
    if why := next((d.incomparable for d in inside if d.incomparable), ""):
        return Advice(lang, None, tuple(allowed), f"not comparable: {why}")
    for name in allowed:
        if all((name, other) in beats for other in allowed if other != name):
            return Advice(lang, name, (name,), "better than every other, established")
    left = tuple(name for name in allowed if not any((other, name) in beats for other in allowed))
    return Advice(lang, None, left or tuple(allowed), "a tie: no difference among these is established")


def _beaten(duel: Duel, higher: bool) -> tuple[str, str]:
    """(the better, the worse) of a difference that is established."""
    first_is_better = ((duel.difference.value or 0) > 0) == higher
    return (duel.first, duel.second) if first_is_better else (duel.second, duel.first)
