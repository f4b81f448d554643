"""Finds in a run's stored answers what a judge may read: single answers, languages in pairs, models in pairs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets_cfg.config import load_config
from judges.rubric import Rubric
from tasks.judge.cascade import Candidate
from tasks.judge.records import JudgeCase, Other
from tasks.plan import Shard
from tasks.prompt import prompt_terms
from tasks.rescore import stored_completions, stored_items
from tasks.runs import RunRecord
from tasks.schema import Completion, Item, UserError
from tasks.score import Reading, read_completion
from tasks.suite import Judge

PIVOT = "en"


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A stored completion that a judge may read, with what the deterministic scorers make of it."""

    shard: Shard
    item: Item
    completion: Completion
    reading: Reading


@dataclass(frozen=True, slots=True)
class Docket:
    """What a judge could be asked: `left_out` are completions without an answer (cut, empty, filtered, failed)."""

    candidates: tuple[Candidate, ...]
    left_out: int


def docket(home: Path, run: RunRecord, judge: Judge, rubric: Rubric, *, against: str = "") -> Docket:
    """Everything of a run that a judge may read under a rubric; see `answers_to_read`."""
    return answers_to_read(
        home, run, rubric, languages=judge.languages, datasets=judge.datasets, against=against
    )  # fmt: skip


def answers_to_read(
    home: Path, run: RunRecord, rubric: Rubric, *,
    languages: Sequence[str] | None = None, datasets: Sequence[str] | None = None, against: str = "",
    alone: bool = False,
) -> Docket:  # fmt: skip
    """Every stored answer that a rubric applies to; `against` is the second model of a pairwise one.

    With `alone` each answer comes by itself whatever the rubric compares it with: for probes, which make the second.
    UserError: a pairwise rubric without a second model, or nothing that the rubric applies to.
    """
    stored, left_out = _stored(home, run, rubric, languages, datasets)
    if alone:
        candidates = [Candidate(_case(answer), answer.reading.case) for answer in stored]
    elif rubric.name == "equivalence":
        candidates = list(_languages_in_pairs(stored))
    elif rubric.header.kind == "pairwise":
        candidates = list(_models_in_pairs(stored, run, against))
    else:
        candidates = [Candidate(_case(answer), answer.reading.case) for answer in stored]
    candidates = [candidate for candidate in candidates if _complete(rubric, candidate.case)]
    if not candidates:
        raise UserError(
            f"run {run.run_id} has no answers that rubric '{rubric.name}' could read: it applies to "
            f"{', '.join(rubric.header.applies_to)} and needs {', '.join(rubric.header.needs)}"
        )
    return Docket(tuple(candidates), left_out)


def _stored(
    home: Path, run: RunRecord, rubric: Rubric, languages: Sequence[str] | None, datasets: Sequence[str] | None
) -> tuple[list[StoredAnswer], int]:
    items = {item.sample_id: item for item in stored_items(home, run)}
    readable = ("ok", "truncated") if rubric.header.cut_answers else ("ok",)
    pivot = {PIVOT} if rubric.name == "equivalence" else set()
    found: list[StoredAnswer] = []
    left_out = 0
    for shard, completions, messages in stored_completions(home, run):
        config = load_config(shard.dataset, run.suite.dataset_roots)
        wanted = (languages is None or shard.lang in {*languages, *pivot}) and (
            datasets is None or shard.dataset in datasets
        )
        if config.kind not in rubric.header.applies_to or not wanted or not rubric.speaks(shard.lang):
            continue
        for completion in completions:
            item = items[completion.sample_id]
            if completion.status not in readable or not completion.text.strip():
                left_out += 1
                continue
            quoted = prompt_terms(item, messages[item.sample_id])
            found.append(StoredAnswer(shard, item, completion, read_completion(config, item, completion, quoted)))
    return found, left_out


def _case(answer: StoredAnswer, other: Other | None = None) -> JudgeCase:
    """The whole text is judged, in the language that the answer should be in."""
    done = answer.completion
    return JudgeCase(
        answer.item, done.text, answer.reading.case.lang, answer.shard.model, done.completion_key, done.repeat, other
    )


def _other(answer: StoredAnswer) -> Other:
    done = answer.completion
    return Other(
        done.text, answer.reading.case.lang, answer.shard.model, done.completion_key, answer.item, done.repeat
    )  # fmt: skip


def _languages_in_pairs(stored: Sequence[StoredAnswer]) -> Iterator[Candidate]:
    """Each answer beside the same model's English one to the same parallel item."""
    pivots = {_parallel(answer): answer for answer in stored if answer.shard.lang == PIVOT}
    for answer in stored:
        beside = pivots.get(_parallel(answer))
        if answer.shard.lang != PIVOT and beside is not None:
            yield Candidate(_case(answer, _other(beside)), answer.reading.case, beside.reading.case)


def _parallel(answer: StoredAnswer) -> tuple[str, str, str, int]:
    return answer.shard.model, answer.shard.dataset, answer.item.parallel_id, answer.completion.repeat


def _models_in_pairs(stored: Sequence[StoredAnswer], run: RunRecord, against: str) -> Iterator[Candidate]:
    """Each answer of the other models beside that of `against` to the same item."""
    names = [model.name for model in run.suite.models]
    if against not in names or len(names) < 2:
        said = f"'{against}' is none of them" if against else "name one with --against"
        raise UserError(f"a pairwise rubric compares with a model of the run ({', '.join(names)}): {said}")
    base: Mapping[object, StoredAnswer] = {
        (answer.item.sample_id, answer.completion.repeat): answer for answer in stored if answer.shard.model == against
    }
    for answer in stored:
        beside = base.get((answer.item.sample_id, answer.completion.repeat))
        if answer.shard.model != against and beside is not None:
            yield Candidate(_case(answer, _other(beside)), answer.reading.case, beside.reading.case)


def _complete(rubric: Rubric, case: JudgeCase) -> bool:
    texts = {"question": case.item.question, "context": case.item.context, "gold": "".join(case.item.gold)}
    return all(texts[slot].strip() for slot in rubric.header.needs if slot in texts)
