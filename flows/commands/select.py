"""Narrows a suite to what the command line asks for; every name that it does not have is refused."""

import argparse
import difflib
from collections.abc import Sequence
from typing import cast

from datasets_cfg.config import load_config
from judges.rubric import load_rubric
from tasks.languages import language
from tasks.schema import UserError
from tasks.suite import Judge, Suite


def narrowed(suite: Suite, arguments: argparse.Namespace) -> Suite:
    """The suite with only the models, data sets, languages and items asked for; UserError names what is near."""
    changes: dict[str, object] = {}
    if arguments.model:
        _known("model", arguments.model, [model.name for model in suite.models], suite.name)
        changes["models"] = tuple(model for model in suite.models if model.name in arguments.model)
        gone = {model.name for model in suite.models} - set(arguments.model)
        judges = [_without(judge, gone) for judge in suite.judges]
        changes["judges"] = tuple(judge for judge in judges if judge.rubrics)
    if arguments.dataset:
        _known("dataset", arguments.dataset, suite.datasets, suite.name)
        changes["datasets"] = tuple(name for name in suite.datasets if name in arguments.dataset)
    if arguments.language:
        for code in arguments.language:
            language(code)
        if suite.languages is not None:
            _known("language", arguments.language, suite.languages, suite.name)
        changes["languages"] = tuple(dict.fromkeys(arguments.language))
        kept = changes.get("datasets", suite.datasets)
        changes["datasets"] = _spoken(suite, cast("tuple[str, ...]", kept), arguments.language)
    if arguments.limit is not None:
        changes |= {"limit": arguments.limit, "limits": ()}
    chosen = suite.model_copy(update=changes)
    langs = chosen.languages or (None,)
    kept = [
        each for each in chosen.limits
        if each.model in (None, *(model.name for model in chosen.models)) and each.dataset in (None, *chosen.datasets)
        and (langs == (None,) or each.language in (None, *langs))
    ]  # fmt: skip
    return chosen.model_copy(update={"limits": tuple(kept)})


def _spoken(suite: Suite, datasets: tuple[str, ...], languages: Sequence[str]) -> tuple[str, ...]:
    """The data sets that have one of the languages; all of them where none has, which is then told as it is."""
    found = tuple(n for n in datasets if not set(languages).isdisjoint(load_config(n, suite.dataset_roots).languages))
    return found or datasets


def _without(judge: Judge, gone: set[str]) -> Judge:
    """A judge that says nothing of the models that are left out."""
    rubrics = judge.rubrics
    if judge.against in gone:
        rubrics = tuple(name for name in rubrics if load_rubric(name).header.kind != "pairwise")
    allowed = tuple(name for name in judge.allow_same_family if name not in gone)
    return judge.model_copy(update={"allow_same_family": allowed, "rubrics": rubrics})


def _known(what: str, asked: Sequence[str], known: Sequence[str], suite: str) -> None:
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise UserError(f"suite '{suite}' has no {what} '{name}'{hint} (it has {', '.join(known)})")
