"""Everything about judges that can be known before one starts: rubrics, kinship, what is compared with, the engine."""

from collections.abc import Sequence

from judges.rubric import load_rubric, nearest
from tasks.engines import EngineContext, check_engine
from tasks.judge.families import check_family
from tasks.schema import UserError
from tasks.suite import Judge, Model


def check_judges(
    judges: Sequence[Judge], models: Sequence[Model], context: EngineContext, *,
    against: str = "", unchecked: Sequence[str] = (),
) -> None:  # fmt: skip
    """UserError or RubricError with one sentence for the first judge that cannot or may not judge these models.

    `against` replaces what the judges themselves say a pairwise rubric compares with; `unchecked` names engines to
    trust.
    """
    names = [judge.model.name for judge in judges]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"judge '{twice[0]}' stands there twice")
    for judge in judges:
        if judge.budget.usd is not None and judge.model.price is None:
            raise UserError(f"judge '{judge.model.name}' has a budget in USD, so its model needs a price")
        for name in judge.rubrics:
            if load_rubric(name).header.kind == "pairwise":
                _check_pairs(judge, name, [model.name for model in models], against or judge.against)
        check_family(judge, models)
        if judge.model.engine not in unchecked:
            check_engine(judge.model, context)


def _check_pairs(judge: Judge, rubric: str, models: Sequence[str], against: str) -> None:
    """A pairwise rubric compares with a model of the run."""
    who = f"judge '{judge.model.name}' under '{rubric}'"
    if not against:
        raise UserError(
            f"{who} compares with a model of the run ({', '.join(models)}): name one with 'against' or --against"
        )
    if against not in models:
        raise UserError(f"{who} compares with '{against}', which is no model of the run{nearest(against, models)}")
