"""The word problems as a task of Inspect, from the file that PROBLEMS names."""

import os

from inspect_ai import Task, task
from inspect_ai.dataset import FieldSpec, json_dataset
from inspect_ai.scorer import match
from inspect_ai.solver import generate


@task
def problems() -> Task:
    """Question in, number out."""
    fields = FieldSpec(input="question", target="answer", id="id")
    return Task(dataset=json_dataset(os.environ["PROBLEMS"], fields), solver=generate(), scorer=match(numeric=True))
