"""Reads the logs of lm-evaluation-harness (0.4): samples_<task>_<time>.jsonl beside results_<time>.json."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tasks.peers.records import PeerAnswer, PeerLog, PeerScore, number, split_language
from tasks.schema import Message, UserError

_NAME = re.compile(r"(?:samples_(?P<task>.+)|results)_(?P<time>\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl?")
Row = Mapping[str, object]


def read_lm_eval(path: Path, lang: str | None) -> PeerLog:
    """A results file with all its samples, or one samples file; `--log_samples` must have been on.

    UserError where the file is not named or filled as the harness does it, or its partner is missing.
    """
    name = _NAME.fullmatch(path.name)
    if name is None:
        raise UserError(f"{path.name} is not named like a log of lm-eval: samples_TASK_TIME.jsonl or results_TIME.json")
    results = path.with_name(f"results_{name['time']}.json")
    samples = [path] if name["task"] else sorted(path.parent.glob(f"samples_*_{name['time']}.jsonl"))
    if not results.is_file() or not samples:
        raise UserError(
            f"{path}: its {'samples' if results.is_file() else 'results'} are not beside it (--log_samples)"
        )
    try:
        head = json.loads(results.read_text(encoding="utf-8"))
        answers = [answer for file in samples for answer in _answers(file, lang)]
        return PeerLog(
            tool="lm-eval", tool_version=str(head.get("lm_eval_version", "")), model=str(head["model_name"]),
            made_at=datetime.fromtimestamp(float(head["date"]), UTC), answers=tuple(answers),
            config=json.dumps({"config": head.get("config"), "versions": head.get("versions")}, ensure_ascii=False),
            lower_better=_lower_better(head.get("higher_is_better", {}), answers),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UserError(f"{path} cannot be read as a log of lm-eval: {type(error).__name__} {error}") from error


def _answers(path: Path, lang: str | None) -> Iterator[PeerAnswer]:
    """One answer a document: the harness writes a line for each of its filters, which differ only in what they read."""
    name = _NAME.fullmatch(path.name)
    assert name is not None
    documents: dict[object, list[Row]] = {}
    for line in filter(str.strip, path.read_text(encoding="utf-8").split("\n")):
        row = json.loads(line)
        documents.setdefault(row["doc_id"], []).append(row)
    for rows in documents.values():
        yield _answer(name["task"], lang, rows)


def _answer(task: str, lang: str | None, rows: list[Row]) -> PeerAnswer:
    first = rows[0]
    doc = first["doc"] if isinstance(first["doc"], dict) else {}
    dataset, lang = split_language(task, lang, doc.get("lang") or doc.get("language"))
    messages, text = _messages(first), _text(first)
    scores = [
        PeerScore(f"lm_eval/{metric}/{row['filter']}", number(row.get(metric)), _reason(row.get(metric)))
        for row in rows
        for metric in _metrics(row)
    ]
    return PeerAnswer(
        dataset=dataset, lang=lang, item_id=str(doc.get("id", first["doc_id"])), repeat=0,
        question=str(doc.get("question") or messages[-1].content), gold=(str(first["target"]),), messages=messages,
        text=text, thinking="", status="ok" if text.strip() else "empty", extracted=_extracted(rows[-1]),
        scores=tuple(scores),
    )  # fmt: skip


def _metrics(row: Row) -> list[str]:
    metrics = row["metrics"]
    return [str(metric) for metric in metrics] if isinstance(metrics, list) else []


def _reason(value: object) -> str:
    return "" if number(value) is not None else "computed over the whole task, not for one answer"


def _messages(row: Row) -> tuple[Message, ...]:
    """The chat that was sent, or the plain prompt as a user's turn."""
    sent = _arguments(row)[0][0]
    prompt = sent[0] if isinstance(sent, list) else sent
    try:
        turns = json.loads(prompt)
    except ValueError:
        turns = None
    if isinstance(turns, list) and all(isinstance(turn, dict) and "role" in turn for turn in turns):
        return tuple(Message(turn["role"], str(turn["content"])) for turn in turns)
    return (Message("user", str(prompt)),)


def _arguments(row: Row) -> list[list]:
    """[[prompt, continuation or settings], …], one for each request of the document."""
    arguments = row["arguments"]
    if isinstance(arguments, dict):
        return [[value for _, value in sorted(each.items())] for _, each in sorted(arguments.items(), key=_by_number)]
    return [list(each) for each in arguments] if isinstance(arguments, list) else []


def _by_number(entry: tuple[str, object]) -> int:
    return int(entry[0].rpartition("_")[2])


def _text(row: Row) -> str:
    """What was generated; of choices that were only ranked, the one with the highest likelihood."""
    replies = row["resps"]
    assert isinstance(replies, list)
    ranked = [number(reply[0][0]) if isinstance(reply[0], list) else None for reply in replies]
    if not all(value is not None for value in ranked):
        return str(replies[0][0] or "")
    best = max(range(len(ranked)), key=lambda i: ranked[i] or float("-inf"))
    return str(_arguments(row)[best][1]).strip()


def _extracted(row: Row) -> str | None:
    found = row["filtered_resps"]
    text = found[0] if isinstance(found, list) and found else None
    return text if isinstance(text, str) and text != "[invalid]" else None


def _lower_better(higher: Mapping[str, Mapping[str, bool]], answers: list[PeerAnswer]) -> frozenset[str]:
    lower = {metric for task in higher.values() for metric, is_higher in task.items() if is_higher is False}
    names = {score.metric for answer in answers for score in answer.scores}
    return frozenset(name for name in names if name.split("/")[1] in lower)
