"""Reads the logs of Inspect: one JSON document, or an .eval file, which is a zip of them."""

import json
import struct
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from tasks.peers.records import PeerAnswer, PeerLog, PeerScore, number, split_language
from tasks.schema import CompletionStatus, Message, UserError

GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""Inspect's own reading of its letters (`value_to_float`): correct, incorrect, partial, no answer."""
STATUSES: Mapping[str, CompletionStatus] = {
    "max_tokens": "truncated",
    "model_length": "truncated",
    "content_filter": "filtered",
}
ZSTANDARD, DEFLATED, LOCAL_HEADER = 93, 8, 30


def read_inspect(path: Path, lang: str | None) -> PeerLog:
    """A whole log; UserError where the file is none, or where its run did not end well enough to have samples."""
    try:
        head, samples = _zipped(path) if path.suffix == ".eval" else _plain(path)
        about = head["eval"]
        answers = [_answer(about, sample, lang) for sample in samples]
        if not answers:
            raise UserError(f"{path} holds no samples (status '{head.get('status')}')")
        return PeerLog(
            tool="inspect", tool_version=str(about.get("packages", {}).get("inspect_ai", "")),
            model=str(about["model"]), made_at=datetime.fromisoformat(about["created"]), answers=tuple(answers),
            config=json.dumps({"eval": about, "plan": head.get("plan")}, ensure_ascii=False),
        )  # fmt: skip
    except UserError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} cannot be read as a log of Inspect: {type(error).__name__} {error}") from error


def _plain(path: Path) -> tuple[dict, list[dict]]:
    head = json.loads(path.read_text(encoding="utf-8"))
    return head, head.get("samples") or []


def _zipped(path: Path) -> tuple[dict, list[dict]]:
    with zipfile.ZipFile(path) as file:
        entries = {entry.filename: entry for entry in file.infolist()}
        samples = [name for name in sorted(entries) if name.startswith("samples/")]
        head = json.loads(_member(path, file, entries["header.json"]))
        return head, [json.loads(_member(path, file, entries[name])) for name in samples]


def _member(path: Path, file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """An entry's content. Inspect packs with Zstandard, which zipfile knows only from Python 3.14 on."""
    if entry.compress_type != ZSTANDARD:
        return file.read(entry)
    import pyarrow as pa

    with path.open("rb") as raw:
        raw.seek(entry.header_offset)
        header = raw.read(LOCAL_HEADER)
        name_length, extra_length = struct.unpack("<HH", header[26:30])
        raw.seek(name_length + extra_length, 1)
        packed = raw.read(entry.compress_size)
    with pa.input_stream(pa.BufferReader(packed), compression="zstd") as stream:
        return stream.read()


def _answer(about: Mapping, sample: Mapping, lang: str | None) -> PeerAnswer:
    said = (sample.get("metadata") or {}).get("lang") or (about.get("task_args") or {}).get("lang")
    dataset, lang = split_language(str(about["task"]).rpartition("/")[2], lang, said)
    output, error = sample.get("output") or {}, sample.get("error") or {}
    choice = (output.get("choices") or [{}])[0]
    text, thinking = _said((choice.get("message") or {}).get("content"))
    reason = str(choice.get("stop_reason") or "")
    usage, seconds = output.get("usage") or {}, number(output.get("time"))
    messages = tuple(_prompt(sample))
    target = sample["target"]
    return PeerAnswer(
        dataset=dataset, lang=lang, item_id=str(sample["id"]), repeat=int(sample.get("epoch", 1)) - 1,
        question=messages[-1].content if messages else "", messages=messages, text=text, thinking=thinking,
        gold=tuple(map(str, target)) if isinstance(target, list) else (str(target),),
        status="infra_error" if error else STATUSES.get(reason, "ok" if text.strip() else "empty"),
        extracted=next((s["answer"] for s in (sample.get("scores") or {}).values() if s.get("answer")), None),
        scores=tuple(_scores(sample.get("scores") or {})), finish_reason=reason, error=str(error.get("message", "")),
        prompt_tokens=usage.get("input_tokens"), completion_tokens=usage.get("output_tokens"),
        latency_ms=None if seconds is None else round(1000 * seconds),
    )  # fmt: skip


def _prompt(sample: Mapping) -> Iterator[Message]:
    """The turns before the model's first."""
    for turn in sample.get("messages") or []:
        if turn["role"] not in ("system", "user"):
            return
        yield Message(turn["role"], _said(turn["content"])[0])


def _said(content: object) -> tuple[str, str]:
    """(text, thinking) of a message: plain text, or parts of which some are reasoning."""
    if not isinstance(content, list):
        return str(content or ""), ""
    text = "".join(str(part.get("text", "")) for part in content if part.get("type") == "text")
    return text, "".join(str(part.get("reasoning", "")) for part in content if part.get("type") == "reasoning")


def _scores(scores: Mapping[str, Mapping]) -> Iterator[PeerScore]:
    """One score a scorer, or one for each key where it gave several."""
    for scorer, score in scores.items():
        value = score.get("value")
        for key, each in value.items() if isinstance(value, dict) else [("", value)]:
            found = GRADES[each] if isinstance(each, str) and each in GRADES else number(each)
            metric = f"inspect/{scorer}/{key}" if key else f"inspect/{scorer}"
            yield PeerScore(metric, found, "" if found is not None else f"no number: {each!r}"[:200])
