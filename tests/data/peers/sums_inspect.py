"""A task of Inspect over sums_<language>.jsonl."""

from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import FieldSpec, json_dataset
from inspect_ai.scorer import includes, match
from inspect_ai.solver import generate


@task
def sums(lang: str = "en") -> Task:
    fields = FieldSpec(input="question", target="answer", id="id", metadata=["lang"])
    file = Path(__file__).with_name(f"sums_{lang}.jsonl")
    return Task(dataset=json_dataset(str(file), fields), solver=generate(), scorer=[match(numeric=True), includes()])
