"""No judge sits over its own family: kinship is refused unless the suite allows it by name."""

from collections.abc import Sequence

from judges.rubric import nearest
from tasks.schema import UserError
from tasks.suite import Judge, Model


def check_family(judge: Judge, models: Sequence[Model]) -> None:
    """UserError for the first model that this judge may not judge, and why."""
    names = [model.name for model in models]
    for name in judge.allow_same_family:
        if name not in names:
            raise UserError(
                f"judge '{judge.model.name}' allows '{name}', which is no model of the run{nearest(name, names)}"
            )
    for model in models:
        why = kinship(judge.model, model)
        if why and model.name not in judge.allow_same_family:
            raise UserError(
                f"judge '{judge.model.name}' may not judge '{model.name}': {why} "
                f"(a judge favours its own; allow_same_family: [{model.name}] lets it)"
            )


def kinship(judge: Model, model: Model) -> str:
    """How a judge is related to a model, empty where it is not; an unknown family may be any."""
    if getattr(judge, "model", "") == getattr(model, "model", None) and judge.engine == model.engine:
        return "it is the same model"
    if not model.family:
        return "its family is not known"
    return f"both are of the family '{model.family}'" if model.family.casefold() == judge.family.casefold() else ""
