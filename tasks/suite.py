"""The suite: what a person asks to be run, as strict frozen models at the door."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from datasets_cfg.strict_yaml import nearest, read_yaml
from tasks.model_terms import Price, ShardLimit, Strict, Thinking, fill_parts, read_prices
from tasks.schema import UserError
from tasks.secret import check_address, check_headers, check_settings

SUITES = Path(__file__).parent.parent / "flows" / "suites"

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]


class Sampling(Strict):
    """Sampling parameters of a request; None leaves the data set's (max_tokens) or the server's (the others)."""

    temperature: float | None = Field(default=0.0, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    stop: tuple[Annotated[str, Field(min_length=1)], ...] = Field(default=(), strict=False)


Transport = Literal["lean", "openai"]
Placement = Literal["sequence", "parallel"]
InFlight = Annotated[int, Field(ge=1, le=100_000)] | Literal["auto"]


class _Model(Strict):
    """What every model under test has, whatever reaches it."""

    name: Name
    family: str = Field(default="", description="for judges: never the family of the judged model")
    licence: str = ""
    data_residency: str = ""
    parameters: float | None = Field(default=None, gt=0, description="billions")
    price: Price | None = None
    in_flight: int | None = Field(default=None, ge=1, description="overrides the suite's limit for this endpoint")
    transport: Transport = Field(default="lean", description="'openai' is the official client: slower, for odd servers")
    sampling: Sampling | None = Field(default=None, description="overrides the suite's sampling")
    timeout_s: float | None = Field(default=None, gt=0, description="overrides the suite's limit for one request")
    extra_body: dict[str, JsonValue] = Field(default={}, description="sent with every request: reasoning_effort, …")
    thinks: bool = Field(default=False, description="its chat template opens <think>: no closing tag means cut")
    thinking: Thinking | None = Field(default=None, description="how much it may think; left to the server if left out")
    pool: Name | None = Field(default=None, description="Prefect work pool whose machine serves it; here if left out")
    queue: Name | None = Field(default=None, description="work queue of that pool, such as one kind of GPU")


class LlamaCpp(_Model):
    """The embedded llama.cpp server (xllamacpp) on a GGUF file; `model` is a path or 'smollm2-135m-instruct'."""

    engine: Literal["llamacpp"]
    model: str = "smollm2-135m-instruct"
    context: int = Field(default=4096, ge=256, description="tokens per request")
    threads: int | None = Field(default=None, ge=1, description="all cores when left out")
    gpu_layers: int = Field(default=0, ge=0)
    start_timeout_s: float = Field(default=120, gt=0)


class OpenAI(_Model):
    """Any OpenAI-compatible endpoint; the key comes from the environment variable named by `key_env`."""

    engine: Literal["openai"]
    model: str
    base_url: str = Field(default="https://api.openai.com/v1", pattern=r"^https?://")
    key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    revision: str = ""
    headers: dict[str, str] = Field(default={}, description="a value such as $NAME is taken from the environment")

    @model_validator(mode="after")
    def _holds_no_key(self) -> "OpenAI":
        check_headers(self.headers)
        check_address(self.base_url)
        return self


class Vllm(_Model):
    """A vLLM server that we start; the settings become its flags."""

    engine: Literal["vllm"]
    model: str
    revision: str | None = None
    python: str | None = Field(default=None, description="interpreter of an environment that has vLLM")
    served_name: str | None = None
    dtype: str = "auto"
    quantization: str | None = None
    tensor_parallel_size: int = Field(default=1, ge=1)
    data_parallel_size: int = Field(default=1, ge=1, description="replicas behind one address")
    gpus: float | None = Field(default=None, gt=0, description="or a share of one; else tensor × data parallel size")
    max_model_len: int | None = Field(default=None, ge=1)
    gpu_memory_utilization: float | None = Field(default=None, gt=0, le=1)
    reasoning_parser: str | None = None
    routed_experts: bool = Field(default=False, description="ask which experts of a mixture were used; see serving.md")
    env: dict[str, str] = Field(default={}, description="environment of the server process, e.g. CUDA_VISIBLE_DEVICES")
    args: Texts = Field(default=(), description="further flags, as written on a command line")
    start_timeout_s: float | None = Field(default=None, gt=0, description="by the size of the model when left out")

    @model_validator(mode="after")
    def _gpus_suffice(self) -> "Vllm":
        needed = self.tensor_parallel_size * self.data_parallel_size
        if self.gpus is not None and self.gpus != needed and (needed > 1 or self.gpus > 1):
            raise ValueError(f"model '{self.name}': gpus is {self.gpus:g}, its parallel sizes need {needed}")
        return self

    @model_validator(mode="after")
    def _holds_no_key(self) -> "Vllm":
        check_settings([*self.env, *(word.partition("=")[0] for word in self.args if word.startswith("--"))])
        return self


class Columns(Strict):
    """Where recorded answers lie in a file: a column name each, or None where the file has none."""

    id: str = Field(default="id", description="of the item: a column, or columns in braces as in {source}/{id}")
    lang: str | None = None
    text: str = "completion"
    dataset: str | None = None
    thinking: str | None = None
    finish_reason: str | None = None
    prompt_tokens: str | None = None
    completion_tokens: str | None = None
    latency_ms: str | None = None


class Replay(_Model):
    """Answers recorded in JSONL, CSV, TSV or Parquet (plain or .gz)."""

    engine: Literal["replay"]
    files: str = Field(description="a path; {lang} and {dataset} are filled in")
    columns: Columns = Columns()
    where: dict[str, str] = Field(default={}, description="column → value: only rows that have it")
    revision: str = ""


Part = Annotated[LlamaCpp | OpenAI | Vllm, Field(discriminator="engine")]


class Composite(_Model):
    """Two models of the suite as one: `draft` answers, `refine` corrects that; each with its own settings and price."""

    engine: Literal["composite"]
    draft: Name
    refine: Name
    parts: Annotated[tuple[Part, ...], Field(strict=False, description="filled in from the suite's models")] = ()


Model = Annotated[LlamaCpp | OpenAI | Vllm | Replay | Composite, Field(discriminator="engine")]


# High, and then less when the endpoint says so; a server for one processor gains nothing from more.
IN_FLIGHT_AT_FIRST = {"vllm": 256, "openai": 128, "llamacpp": 8, "replay": 8, "composite": 16}


class Budget(Strict):
    """A run stops cleanly, with everything so far landed, when one of these is reached."""

    requests: int | None = Field(default=None, ge=1)
    tokens: int | None = Field(default=None, ge=1)
    usd: float | None = Field(default=None, gt=0)


class Thresholds(Strict):
    """What a judge must reach against labels in a language before a gate rule may use it there."""

    kappa: float = Field(default=0.6, ge=-1, le=1)
    precision: float = Field(default=0.8, ge=0, le=1)
    recall: float = Field(default=0.7, ge=0, le=1)
    items: int = Field(default=50, ge=2, description="labelled items with a valid verdict")
    swayed: float = Field(default=0.1, ge=0, le=1, description="at most this share of verdicts moved by injections")


class Judge(Strict):
    """A model that reads answers under rubrics; it counts in a language only once it is calibrated there.

    `share` is how much of what the deterministic scorers leave open is sent, `audit` how much of what they settled:
    every answer has a known chance above zero of being judged, so that weighted rates stay unbiased.
    """

    model: Model
    rubrics: Annotated[Texts, Field(min_length=1)]
    languages: Annotated[Texts, Field(min_length=1)] | None = Field(default=None, description="all when left out")
    datasets: Annotated[Texts, Field(min_length=1)] | None = Field(default=None, description="all when left out")
    share: float = Field(default=1.0, gt=0, le=1)
    audit: float = Field(default=0.05, gt=0, le=1)
    against: str = Field(default="", description="pairwise rubrics: the model that the others are compared with")
    allow_same_family: Texts = Field(default=(), description="models that it may judge although they are related")
    thresholds: Thresholds = Thresholds()
    budget: Budget = Budget()

    @model_validator(mode="after")
    def _possible(self) -> "Judge":
        name = self.model.name
        if self.model.engine == "replay":
            raise ValueError(f"judge '{name}' has recorded answers; a judge must be a model that can be asked")
        if not self.model.family:
            raise ValueError(f"judge '{name}' needs a family: it may not judge its own")
        if self.model.sampling is not None and self.model.sampling.temperature:
            raise ValueError(f"judge '{name}' is asked at temperature 0, not {self.model.sampling.temperature:g}")
        return self


class Suite(Strict):
    """Models × datasets × languages and the limits of a run."""

    name: Name
    title: str = ""
    models: tuple[Model, ...] = Field(min_length=1, strict=False)
    datasets: tuple[Name, ...] = Field(min_length=1, strict=False)
    dataset_folder: str | None = Field(
        default=None,
        description="where YAMLs of your own data sets lie, from the suite's file on; beside it if left out",
    )
    languages: Annotated[Texts, Field(min_length=1)] | None = Field(default=None, description="all when left out")
    limit: int | None = Field(default=None, ge=1, description="items per shard; None is all of them")
    limits: tuple[ShardLimit, ...] = Field(default=(), strict=False, description="of some shards; the last that fits")
    repeats: int = Field(default=1, ge=1, le=1000)
    seed: int = Field(default=0, ge=0, le=2**62)
    sampling: Sampling = Sampling()
    in_flight: InFlight = Field(default="auto", description="requests under way at once per endpoint; auto finds it")
    placement: Placement = Field(default="sequence", description="models one after another, or side by side on GPUs")
    timeout_s: float = Field(default=600, gt=0, description="one request, retries apart")
    retries: int = Field(default=4, ge=0, le=20)
    infra_error_limit: float = Field(default=0.01, ge=0, le=1, description="above this share the run has failed")
    reuse: bool = Field(default=False, description="take completions of earlier runs with the same key")
    shots: int | None = Field(default=None, ge=0, description="overrides the data sets' own number of exemplars")
    budget: Budget = Budget()
    judges: tuple[Judge, ...] = Field(default=(), strict=False, description="none when left out: no default judge")
    prices: str | None = Field(default=None, description="a price file, from the suite's file on; see docs/cost.md")

    @model_validator(mode="before")
    @classmethod
    def _parts_of_composites(cls, data: object) -> object:
        return fill_parts(data)

    def places(self, model: Model) -> int:
        """How many requests a model gets at once; where that is to be found out, how many it begins with."""
        if model.in_flight is not None:
            return model.in_flight
        return IN_FLIGHT_AT_FIRST[model.engine] if self.in_flight == "auto" else self.in_flight

    @property
    def dataset_roots(self) -> tuple[Path, ...]:
        """The folders that are searched for data sets before this package."""
        return (Path(self.dataset_folder),) if self.dataset_folder else ()


def suite_names(roots: Sequence[Path] = ()) -> list[str]:
    """The suites in the given folders and the shipped ones, sorted."""
    return sorted({path.stem for folder in (*roots, SUITES) for path in folder.glob("*.yaml")})


def load_suite(name_or_path: str, roots: Sequence[Path] = ()) -> Suite:
    """A suite by name (given folders first, then the shipped ones) or by the path of its YAML.

    ConfigError: the file cannot be read or says something wrong. UserError: there is no such suite.
    """
    if re.search(r"\.ya?ml$|/", name_or_path):
        path = Path(name_or_path)
        suite = _priced(read_yaml(path, Suite), path.parent)
        folder = (path.parent / (suite.dataset_folder or "")).absolute()
        if not folder.is_dir():
            raise UserError(f"{path}: dataset_folder: there is no folder {folder}")
        return suite.model_copy(update={"dataset_folder": str(folder)})
    for folder in (*roots, SUITES):
        path = folder / f"{name_or_path}.yaml"
        if path.is_file():
            return _priced(read_yaml(path, Suite), folder)
    known = suite_names(roots)
    raise UserError(f"unknown suite '{name_or_path}'{nearest(name_or_path, known)} (known: {', '.join(known)})")


def _priced(suite: Suite, folder: Path) -> Suite:
    """The suite with the prices of its price file in the models and judges that have none of their own."""
    if suite.prices is None:
        return suite
    listed = read_prices(folder / suite.prices)
    data = suite.model_dump(mode="json")
    named = [*suite.models, *(judge.model for judge in suite.judges)]
    for model, dumped in zip(named, [*data["models"], *(judge["model"] for judge in data["judges"])], strict=True):
        if model.price is None and (price := listed.price(model.name)):
            dumped["price"] = price.model_dump(mode="json")
    return Suite.model_validate_json(json.dumps(data))


def schema_text() -> str:
    """The JSON schema for editors, as flows/suites/schema.json holds it; `python -m tasks.suite` prints it."""
    return json.dumps(Suite.model_json_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
