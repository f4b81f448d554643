"""What a dataset's YAML may say: strict frozen models, found by name or path."""

import re
import string
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from datasets_cfg.strict_yaml import ConfigError, nearest, read_yaml

FOLDER = Path(__file__).parent

Kind = Literal["math", "choice", "nli", "qa", "translation", "open", "rag", "refusal"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]
Counts = Annotated[int, Field(ge=0)] | dict[str, Annotated[int, Field(ge=0)]]
SLOTS = ("question", "context", "options", "labels", "source_language", "target_language", "absent")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Columns(Strict):
    """Where an item's fields lie in a row.

    A value is a path such as `question` or `prompts[0].question`, in which {file} is filled in; `@line` is the row's
    number from 0, `@subset` the hub configuration it came from. A list of paths is joined with '/'. `options` is one
    path to a list, or a path for each option.
    """

    id: str | Texts = "@line"
    question: str | Texts = Field(default="question", description="several are sentences, joined with a space")
    gold: str | None = Field(default="gold", description="one answer or a list of accepted ones")
    parallel_id: str | Texts | None = Field(default=None, description="the id where left out")
    cluster_id: str | Texts | None = Field(
        default=None, description="where left out: items with one context are a cluster, else each item its own"
    )
    context: str | None = None
    category: str | None = None
    options: str | Texts | None = None
    labels: str | None = None


class _Reading(Strict):
    """How rows become items where a source differs from the rest of the file."""

    columns: Columns | None = Field(default=None, description="replaces the dataset's columns for this source")
    gold_values: Texts | None = Field(
        default=None, description="what the gold column says for each option, in their order, e.g. ['1', '2', '3', '4']"
    )
    rows_by: str | None = Field(default=None, description="a column; rows that start with languages.<code>.rows count")
    counts: Counts | None = Field(default=None, description="replaces the dataset's counts for this source")


class Local(_Reading):
    """Files beside the YAML, in the package or the data folder; {file} is languages.<code>.file, else the code."""

    root: Literal["beside", "package", "data_dir"] = "data_dir"
    files: str = Field(description="with or without .gz, whichever is there")
    members: str | None = Field(
        default=None,
        description="of a .zip: the files in it, a pattern such as a/*/{file}.csv; each row has its `@row`",
    )
    format: Literal["jsonl", "csv", "tsv", "parquet", "json", "squad"] = Field(description="a tsv is never quoted")
    records: str | None = Field(
        default=None, description="json: path to the rows, a list or mapping; {file} is filled in"
    )
    header: Texts | None = Field(default=None, description="csv, tsv without a header line: the column names")
    sha256: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(
        default={}, description="by language code, of the file's content, uncompressed"
    )


class Hub(_Reading):
    """A Hugging Face dataset that loads without remote code; languages.<code>.subset names its configuration."""

    path: str = Field(pattern=r"^[^/\s]+/[^/\s]+$")
    revision: str = Field(pattern=r"^[0-9a-f]{40}$", description="the commit, in full")
    split: str = "test"


class Source(Strict):
    local: Local | None = None
    hub: Hub | None = None

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if self.local is None and self.hub is None:
            raise ValueError("needs 'local', 'hub' or both")
        return self


class Exemplars(Local):
    """Worked examples for few-shot prompts."""

    answer: str | None = Field(default=None, description="path of a worked answer; without it the gold is the answer")
    after: Texts = Field(default=(), description="question and answer start after the first of these, e.g. [':']")


class LanguageConfig(Strict):
    """A dataset in one language; all texts are in that language."""

    subset: str | Texts | None = Field(default=None, description="hub configuration(s)")
    file: str | None = Field(default=None, description="fills {file}; the code where left out")
    rows: str | None = Field(default=None, description="see rows_by")
    system: str = Field(min_length=1)
    instruction: str = Field(min_length=1, description="slots: " + " ".join(f"${slot}" for slot in SLOTS))
    marker: str = Field(default="", description="what stands before the final answer")
    labels: Texts = Field(default=(), description="choice, nli: as shown, in the order of the options")
    source_language: str = Field(default="", description="translation: its name in this language")
    target_language: str = Field(default="", description="translation: its name in this language")
    absent: str = Field(default="", description="rag: how to say that the passage does not hold the answer")

    @model_validator(mode="after")
    def _slots_are_known(self) -> Self:
        template = string.Template(self.instruction)
        if not template.is_valid():
            raise ValueError("the instruction has a '$' that starts no slot; write '$$' for a dollar sign")
        used = template.get_identifiers()
        for slot in used:
            if slot not in SLOTS:
                raise ValueError(f"unknown slot '${slot}' in the instruction{nearest(slot, SLOTS)}")
        if "question" not in used:
            raise ValueError("the instruction lacks the slot '$question'")
        return self


class Generation(Strict):
    max_tokens: int = Field(default=512, ge=1)
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    stop: Texts = ()


class DatasetConfig(Strict):
    """One evaluation set in all its languages."""

    name: Name
    version: str = Field(min_length=1)
    title: str
    licence: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    kind: Kind
    source: Source
    columns: Columns = Columns()
    parallel: Literal["column", "line", "none"] = Field(
        default="column", description="what translations share: an id, the line number, or nothing"
    )
    languages: dict[str, LanguageConfig] = Field(min_length=1)
    question_language: str | None = Field(default=None, description="where the question is not in the item's language")
    answer_language: str | None = Field(default=None, description="where the answer is not in the item's language")
    metrics: Texts = Field(default=("exact_match",), min_length=1)
    counts: Counts = Field(default={}, description="expected items, for all languages or by code; verified")
    drop: dict[str, Texts] = Field(default={}, description="by code: ids of items known to be damaged, left out")
    min_items: int = Field(default=0, ge=0, description="fewer than this carry no decision")
    unanswerable: float = Field(default=0, ge=0, lt=1, description="rag: share of items given another's passage")
    lengths: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False)] = Field(
        default=(), description="tokens: each item once for each, its passage among others"
    )
    shots: int = Field(default=0, ge=0)
    exemplars: Exemplars | None = None
    generation: Generation = Generation()
    _folder: Path = PrivateAttr(default=FOLDER)

    @property
    def folder(self) -> Path:
        """Where the YAML lies."""
        return self._folder

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        for code, entry in self.languages.items():
            if self.kind in ("choice", "nli") and not entry.labels and self.columns.labels is None:
                raise ValueError(f"languages.{code}: the key 'labels' is missing, which a '{self.kind}' dataset needs")
            if len(set(entry.labels)) < len(entry.labels):
                raise ValueError(f"languages.{code}.labels: a label stands twice")
        if (self.unanswerable or self.lengths) and self.columns.context is None:
            raise ValueError("the key 'columns.context' is missing, which 'unanswerable' and 'lengths' need")
        for what, codes in self._by_code():
            for code in codes:
                if code not in self.languages:
                    raise ValueError(f"{what}: there is no language '{code}'{nearest(code, self.languages)}")
        if self.shots and self.exemplars is None:
            raise ValueError("the key 'exemplars' is missing, which 'shots' needs")
        return self

    @field_validator("lengths")
    @classmethod
    def _once_each(cls, lengths: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(lengths)) < len(lengths):
            raise ValueError("a length stands twice")
        return lengths

    def _by_code(self) -> list[tuple[str, Iterable[str]]]:
        """Every table of this file whose keys are its languages."""
        found: list[tuple[str, Iterable[str]]] = [("drop", self.drop), ("counts", _codes(self.counts))]
        for name, source in (("local", self.source.local), ("hub", self.source.hub)):
            if source is not None:
                found.append((f"source.{name}.counts", _codes(source.counts)))
        if self.source.local is not None:
            found.append(("source.local.sha256", self.source.local.sha256))
        return found

    def language(self, code: str) -> LanguageConfig:
        """The entry of a language; one that the dataset does not have raises ConfigError and names the nearest."""
        entry = self.languages.get(code)
        if entry is None:
            hint = nearest(code, self.languages)
            raise ConfigError(
                f"dataset '{self.name}' has no language '{code}'{hint} (it has {', '.join(self.languages)})"
            )
        return entry


def _codes(counts: Counts | None) -> Iterable[str]:
    return counts if isinstance(counts, dict) else ()


def names(roots: Sequence[Path] = ()) -> list[str]:
    """The datasets in the given folders and in this package, sorted; suites that lie there too are none."""
    own = {path.stem for folder in roots for path in folder.glob("*.yaml") if b"\nkind:" in b"\n" + path.read_bytes()}
    return sorted(own | {path.stem for path in FOLDER.glob("*.yaml")})


def load_config(name_or_path: str, roots: Sequence[Path] = ()) -> DatasetConfig:
    """A dataset by name (given folders first, then this package) or by the path of its YAML; ConfigError otherwise."""
    if re.search(r"\.ya?ml$|/", name_or_path):
        return _read(Path(name_or_path))
    for folder in (*roots, FOLDER):
        path = folder / f"{name_or_path}.yaml"
        if path.is_file():
            config = _read(path)
            if config.name != name_or_path:
                raise ConfigError(f"{path}: name: '{config.name}' is not the file's own name '{name_or_path}'")
            return config
    known = names(roots)
    raise ConfigError(f"unknown dataset '{name_or_path}'{nearest(name_or_path, known)} (known: {', '.join(known)})")


def _read(path: Path) -> DatasetConfig:
    config = read_yaml(path, DatasetConfig)
    config._folder = path.parent.absolute()
    return config


def schema_text() -> str:
    """The JSON schema for editors, as schema.json holds it; `python -m datasets_cfg.config` prints it."""
    import json

    return json.dumps(DatasetConfig.model_json_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
