"""Reads a rubric: the header of a Markdown file as a strict model, its prompt, and the schema of the verdict."""

import difflib
import hashlib
import string
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FOLDER = Path(__file__).parent
RULES = FOLDER / "_rules.md"
CANNOT_JUDGE = "cannot_judge"
CONFIDENCE = {"low": 1 / 3, "medium": 2 / 3, "high": 1.0}
DATA_MARK = "\n<!-- data -->\n"

Slot = Literal["answer", "other_answer", "question", "context", "gold", "language", "other_language"]
Kind = Literal["math", "choice", "nli", "qa", "translation", "open", "rag", "refusal"]
SLOTS: tuple[str, ...] = get_args(Slot)
QUOTABLE = ("answer", "other_answer")
Texts = Annotated[tuple[str, ...], Field(strict=False)]


class RubricError(ValueError):
    """A mistake in a rubric: one sentence that says what, where, and what is near."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Example(Strict):
    """One answer with the verdict that is right for it, and why; shown to the judge, checked when it is read."""

    lang: str
    answer: str
    other_answer: str = ""
    question: str = ""
    context: str = ""
    gold: str = ""
    verdict: str
    quotes: Texts = ()
    why: str


class Header(Strict):
    """What stands above the prompt. `verdicts` maps each word that a judge may say to its value (1 is the finding)."""

    name: str
    version: str
    title: str
    kind: Literal["absolute", "pairwise"]
    needs: Annotated[tuple[Slot, ...], Field(min_length=1, strict=False)]
    verdicts: Annotated[dict[str, float], Field(min_length=2, strict=False)]
    flattering: str = Field(description="the verdict that the judged model would wish for")
    must_quote: Texts = Field(default=(), description="verdicts that are invalid without a quote")
    evidence: Texts = Field(default=(), description="closed list of what a quote may show; free words when left out")
    languages: Annotated[Texts, Field(min_length=1)] | Literal["all"] = "all"
    applies_to: Annotated[tuple[Kind, ...], Field(min_length=1, strict=False)]
    cut_answers: bool = Field(default=False, description="whether an answer that was cut off can be judged")
    max_quotes: int = Field(default=5, ge=0, le=20, description="how many the schema lets a judge give")
    max_tokens: int = Field(default=500, ge=50)
    examples: Annotated[tuple[Example, ...], Field(min_length=2, strict=False)]

    @model_validator(mode="after")
    def _sound(self) -> "Header":
        if CANNOT_JUDGE in self.verdicts:
            raise ValueError(f"'{CANNOT_JUDGE}' is always allowed and has no value")
        if not {0.0, 1.0} <= set(self.verdicts.values()) <= {0.0, 0.5, 1.0}:
            raise ValueError("verdicts need a 1 and a 0 (and 0.5 for a tie, nothing else)")
        for word in (self.flattering, *self.must_quote, *(example.verdict for example in self.examples)):
            if word not in self.verdicts:
                raise ValueError(f"unknown verdict '{word}'{nearest(word, self.verdicts)}")
        if self.must_quote and not self.max_quotes:
            raise ValueError(f"'{self.must_quote[0]}' must be quoted for, but max_quotes is 0")
        shown = {self.verdicts[example.verdict] for example in self.examples}
        if not {0.0, 1.0} <= shown:
            raise ValueError("examples need one with the value 1 and one with the value 0")
        for number, example in enumerate(self.examples, start=1):
            self._example(number, example)
        return self

    def _example(self, number: int, example: Example) -> None:
        texts = [unicodedata.normalize("NFC", text) for text in (example.answer, example.other_answer)]
        for quote in example.quotes:
            if not any(unicodedata.normalize("NFC", quote) in text for text in texts):
                raise ValueError(f"example {number} quotes '{quote}', which its answer does not have")
        if example.verdict in self.must_quote and not example.quotes:
            raise ValueError(f"example {number} says '{example.verdict}' without a quote")


@dataclass(frozen=True, slots=True)
class Rubric:
    """A rubric that may be used: `instruction` is the same for every answer of a language, `data` takes its texts."""

    header: Header
    instruction: str
    data: str
    sha256: str

    @property
    def name(self) -> str:
        return self.header.name

    def schema(self) -> dict[str, object]:
        """The JSON schema of a verdict: what is quoted comes before what is said. Plain enough for every server."""
        kinds = self.header.evidence
        shows = {"type": "string", "enum": list(kinds)} if kinds else {"type": "string"}
        quote = _object({"quote": {"type": "string"}, "shows": shows})
        words = [*self.header.verdicts, CANNOT_JUDGE]
        return _object(
            {
                "evidence": {"type": "array", "items": quote, "maxItems": self.header.max_quotes},
                "verdict": {"type": "string", "enum": words},
                "confidence": {"type": "string", "enum": list(CONFIDENCE)},
            }
        )

    def speaks(self, lang: str) -> bool:
        """Whether the rubric was written for answers in this language."""
        return self.header.languages == "all" or lang in self.header.languages


def _object(properties: dict[str, object]) -> dict[str, object]:
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


def rubric_names(folder: Path = FOLDER) -> list[str]:
    """The rubrics of a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.md") if not path.stem.startswith("_"))


def load_rubric(name_or_path: str) -> Rubric:
    """A shipped rubric by name, or any by the path of its Markdown file. RubricError: one sentence."""
    path = Path(name_or_path) if "/" in name_or_path or name_or_path.endswith(".md") else FOLDER / f"{name_or_path}.md"
    if path.parent == FOLDER and path.stem not in rubric_names():
        known = rubric_names()
        raise RubricError(f"unknown rubric '{name_or_path}'{nearest(name_or_path, known)} (known: {', '.join(known)})")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RubricError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})") from error
    return read_rubric(text, str(path))


def read_rubric(text: str, source: str) -> Rubric:
    """A rubric from its text; `source` is named in errors."""
    parts = text.split("\n---\n", 1)
    if not text.startswith("---\n") or len(parts) != 2:
        raise RubricError(f"{source}: begins with a header between two lines of '---'")
    try:
        header = Header.model_validate(yaml.safe_load(parts[0][4:]))
    except yaml.YAMLError as error:
        raise RubricError(f"{source}: the header is not YAML ({' '.join(str(error).split())})") from error
    except ValidationError as error:
        raise RubricError(f"{source}: {_explain(error)}") from error
    if DATA_MARK not in parts[1]:
        raise RubricError(f"{source}: the prompt needs a line '{DATA_MARK.strip()}' between instruction and data")
    instruction, data = (part.strip() for part in parts[1].split(DATA_MARK, 1))
    _check_slots(header, instruction, data, source)
    rules = RULES.read_text(encoding="utf-8")
    return Rubric(header, instruction, data, hashlib.sha256(f"{text}\0{rules}".encode()).hexdigest())


def _check_slots(header: Header, instruction: str, data: str, source: str) -> None:
    """Texts to be judged stand below the mark only, so that the instruction is never mixed with them."""
    allowed = {
        "instruction": {"rules", "examples", "language", "other_language"},
        "data": set(header.needs) | {"language", "other_language"},
    }
    for place, text in (("instruction", instruction), ("data", data)):
        template = string.Template(text)
        if not template.is_valid():
            raise RubricError(f"{source}: a '$' of the {place} begins no slot; write '$$' for a dollar sign")
        for slot in template.get_identifiers():
            if slot not in allowed[place]:
                hint = nearest(slot, allowed[place])
                raise RubricError(f"{source}: the {place} has no slot '${slot}'{hint}")
    lacking = [slot for slot in header.needs if slot not in string.Template(instruction + data).get_identifiers()]
    if lacking:
        raise RubricError(f"{source}: the rubric needs '{lacking[0]}' but its data has no slot '${lacking[0]}'")
    if "rules" not in string.Template(instruction).get_identifiers():
        raise RubricError(f"{source}: the instruction lacks the slot '$rules'")


def nearest(name: str, known: Iterable[str]) -> str:
    """'; did you mean 'x'?' for the closest of the known names, or nothing where none is close."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else ""


def _explain(error: ValidationError) -> str:
    findings = error.errors(include_url=False)
    # A misspelt key is two findings, the right one missing and the wrong one unknown: the second says more.
    first = next((finding for finding in findings if finding["type"] == "extra_forbidden"), findings[0])
    place, kind = ".".join(map(str, first["loc"])), first["type"]
    if kind == "extra_forbidden":
        known = Example.model_fields if "examples" in first["loc"] else Header.model_fields
        return f"unknown key '{place}'{nearest(str(first['loc'][-1]), known)}"
    if kind == "missing":
        return f"the key '{place}' is missing"
    if kind == "value_error":
        return str(first.get("ctx", {})["error"])
    return f"{place or 'header'}: {first['msg'][0].lower()}{first['msg'][1:]}"
