"""Suites at the door: shipped ones load, mistakes are one sentence with what is near."""

from pathlib import Path

import pytest

from datasets_cfg.config import ConfigError, load_config
from tasks.plan import Shard, estimate_tokens, shards
from tasks.schema import Message, UserError
from tasks.suite import SUITES, load_suite, schema_text, suite_names

MODEL = "models: [{name: m, engine: llamacpp}]\n"


@pytest.mark.parametrize("name", suite_names())
def test_every_shipped_suite_loads_and_has_shards(name: str) -> None:
    suite = load_suite(name)
    assert suite.name == name
    assert suite.title
    assert shards(suite, {dataset: load_config(dataset) for dataset in suite.datasets})


def test_the_schema_for_editors_is_current() -> None:
    assert (SUITES / "schema.json").read_text() == schema_text()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (MODEL + "datasets: [a]\n", "the key 'name' is missing"),
        ("name: x\nmodels: []\ndatasets: [a]\n", "models: list should have at least 1 item"),
        ("name: x\nmodels: [{name: m, engine: llamacp}]\ndatasets: [a]\n", "did you mean 'llamacpp'?"),
        ("name: x\nmodels: [{name: m, engine: vllm}]\ndatasets: [a]\n", "models.0.vllm: the key 'model' is missing"),
        ("name: x\n" + MODEL + "datasets: [a]\nlimt: 3\n", "unknown key 'limt'; did you mean 'limit'?"),
        (
            "name: x\n" + MODEL + "datasets: [a]\nlimit: -3\n",
            "limit: input should be greater than or equal to 1, not -3",
        ),
        ("name: x\n" + MODEL + "datasets: [a]\nlimit: '5'\n", "limit: input should be a valid integer, not '5'"),
        ("name: x\n" + MODEL + "datasets: [a]\nlimit: true\n", "limit: input should be a valid integer, not True"),
        ("name: x\n" + MODEL + "datasets: [a]\nlanguages: th\n", "languages: input should be a valid list, not 'th'"),
        ("name: x\n" + MODEL + "datasets: [a]\nlanguages: []\n", "languages: list should have at least 1 item"),
        ("name: x\n" + MODEL + "datasets: [a]\nsampling: {temprature: 1}\n", "did you mean 'temperature'?"),
        ("name: x\n" + MODEL + "datasets: [a]\nsampling: {temperature: 3}\n", "sampling.temperature"),
        ("name: ../x\n" + MODEL + "datasets: [a]\n", "name: string should match pattern"),
        ("name: x\n" + MODEL + "datasets: ['../../etc/passwd']\n", "datasets.0: string should match pattern"),
        ("name: x\nname: y\n", "the key 'name' stands twice"),
        (
            "name: x\nmodels: [{name: m, engine: openai, model: m, headers: {X-Api-Key: sk-1}}]\ndatasets: [a]\n",
            "the header 'X-Api-Key' holds a key: name an environment variable instead",
        ),
        (
            "name: x\nmodels: [{name: m, engine: openai, model: m, base_url: 'http://me:pw@host/v1'}]\ndatasets: [a]\n",
            "base_url holds a user name",
        ),
        (
            "name: x\nmodels: [{name: m, engine: vllm, model: m, env: {HF_TOKEN: hf_1}}]\ndatasets: [a]\n",
            "'HF_TOKEN' holds a key",
        ),
        (
            "name: x\nmodels: [{name: m, engine: vllm, model: m, args: ['--api-key=k']}]\ndatasets: [a]\n",
            "'--api-key' holds a key",
        ),
        ("name: [x\n", "line 2, column 1"),
        ("name: x\n" + MODEL + "datasets: [a]\ntimeout_s: .inf\n", "timeout_s: input should be a finite number"),
        (
            "name: x\n" + MODEL + 'datasets: [a]\ntitle: "\\ud800"\n',
            "line 4, column 8: a NUL or half of a surrogate pair is no text",
        ),
        ("name: x\n" + MODEL + 'datasets: [a]\ntitle: "a\\0"\n', "line 4, column 8: a NUL"),
        ("name: x\n" + MODEL + "datasets: [a]\nseed: !!int abc\n", "not YAML"),
        ("name: x\n" + MODEL + "datasets: [a]\n? [a, b]\n: 1\n", "line 4, column 3: a key must be a word"),
        (
            "name: x\n" + MODEL + "datasets: [a]\nsampling: {stop: ['']}\n",
            "sampling.stop.0: string should have at least 1 character",
        ),
        ("name: x\nmodels: [{name: m}]\ndatasets: [a]\n", "models.0: the key 'engine' is missing"),
        ("a: " + "[" * 900, "not YAML"),
        ("- x\n", "must be keys and their values, not ['x']"),
        (
            "name: x\nmodels: [{name: m, engine: openai, model: m, base_url: 'http://'}]\ndatasets: [a]\n",
            "models.0.openai: base_url names no server: 'http://'",
        ),
        (
            "name: x\nmodels: [{name: m, engine: openai, model: m, base_url: 'http://h:99999'}]\ndatasets: [a]\n",
            "Port out of range",
        ),
        (
            'name: x\nmodels: [{name: m, engine: openai, model: m, headers: {a: "x\\ny"}}]\ndatasets: [a]\n',
            "the header 'a' cannot be sent",
        ),
        (
            "name: x\nmodels: [{name: m, engine: llamacpp, extra_body: {a: .nan}}]\ndatasets: [a]\n",
            "extra_body.a.float: input should be a finite number",
        ),
        ("", "suite.yaml: is empty"),
    ],
)
def test_a_bad_suite_is_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_suite(str(path))
    assert sentence in str(raised.value)
    assert str(raised.value).startswith(f"{path}: ") and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        ("dataset_folder: nosuch\n", "dataset_folder: there is no folder "),
        ("budget: {usd: 3}\n", "suite 'x' has a budget in USD, so a model of it needs a price"),
        ("languages: [en]\n", "suite 'x': data set 'belebele_jv_su' has none of its languages: leave it out"),
    ],
)
def test_what_cannot_do_what_it_says_is_refused(rest: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        suite = _suite(tmp_path, MODEL + "datasets: [babel_math, belebele_jv_su]\n" + rest)
        shards(suite, {name: load_config(name) for name in suite.datasets})
    assert sentence in str(raised.value)


def test_a_date_is_a_text(tmp_path: Path) -> None:
    assert _suite(tmp_path, MODEL + "datasets: [a]\ntitle: 2026-01-31\n").title == "2026-01-31"


def _suite(tmp_path: Path, rest: str):
    path = tmp_path / "suite.yaml"
    path.write_text(f"name: x\n{rest}")
    return load_suite(str(path))


def test_a_language_that_one_dataset_lacks_is_left_out_of_that_one(tmp_path: Path) -> None:
    suite = _suite(tmp_path, MODEL + "datasets: [mgsm, babel_math]\nlanguages: [en, te, ar]\n")
    configs = {name: load_config(name) for name in suite.datasets}
    assert Shard("m", "mgsm", "te") in shards(suite, configs)
    assert Shard("m", "mgsm", "ar") not in shards(suite, configs)
    assert Shard("m", "babel_math", "ar") in shards(suite, configs)


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        (MODEL + "datasets: [mgsm]\nlanguages: [xx]\n", "unknown language 'xx'"),
        (MODEL + "datasets: [mgsm]\nlanguages: [ko]\n", "no data set of it has the language 'ko'"),
        (MODEL + "datasets: [mgsm, mgsm]\n", "dataset 'mgsm' stands there twice"),
        ("models: [{name: m, engine: llamacpp}, {name: m, engine: llamacpp}]\ndatasets: [mgsm]\n", "model 'm' stands"),
    ],
)
def test_shards_that_cannot_be(rest: str, sentence: str, tmp_path: Path) -> None:
    suite = _suite(tmp_path, rest)
    with pytest.raises(UserError, match="suite 'x'|unknown language") as raised:
        shards(suite, {name: load_config(name) for name in suite.datasets})
    assert sentence in str(raised.value)


@pytest.mark.parametrize(("text", "tokens"), [("", 4), ("abcd", 5), ("ภาษา", 7), ("a" * 400, 104)])
def test_estimated_tokens(text: str, tokens: int) -> None:
    assert estimate_tokens([Message("user", text)]) == tokens
