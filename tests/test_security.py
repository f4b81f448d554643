"""What may not get in, and what may not get out: paths, pickles, code in YAML, keys."""

import ast
import re
from pathlib import Path

import pytest

from datasets_cfg.config import ConfigError, load_config
from datasets_cfg.strict_yaml import read_yaml
from tasks.engines import EngineContext, check_engine
from tasks.load import load_items
from tasks.schema import UserError
from tasks.secret import filled, hide, is_secret
from tasks.suite import OpenAI, Suite

ROOT = Path(__file__).parent.parent
PACKAGES = ("flows", "tasks", "datasets_cfg", "judges", "warehouse")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
# What turns bytes from outside into code: allowed nowhere.
UNSAFE_IMPORTS = {"pickle", "cloudpickle", "dill", "shelve", "marshal", "joblib"}
UNSAFE_CALLS = {"eval", "exec", "os.system", "os.popen", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all"}


def _offences(tree: ast.AST) -> list[str]:
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            found += UNSAFE_IMPORTS & {name.split(".")[0] for name in names}
        if isinstance(node, ast.Call):
            called, words = ast.unparse(node.func), {word.arg: ast.unparse(word.value) for word in node.keywords}
            found += UNSAFE_CALLS & {called}
            unsafe = ("shell", "allow_pickle", "trust_remote_code")
            found += [word for word in unsafe if words.get(word, "False") != "False"]
            if called == "yaml.load" and words["Loader"] != "_Loader":  # a SafeLoader, see strict_yaml.py
                found.append(called)
    return found


def test_nothing_from_outside_becomes_code() -> None:
    offences = {path: found for path in SOURCES if (found := _offences(ast.parse(path.read_text())))}
    assert offences == {}
    code = "import pickle\nyaml.load(x, Loader=yaml.Loader)\nnp.load(f, allow_pickle=True)\nos.system(x)"
    assert _offences(ast.parse(code)) == ["pickle", "yaml.load", "allow_pickle", "os.system"]


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system [touch ran]", "!!python/name:os.system", "!x 1"])
def test_yaml_builds_plain_values_only(tmp_path: Path, tag: str) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(f"name: {tag}\n")
    with pytest.raises(ConfigError, match="could not determine a constructor"):
        read_yaml(path, Suite)


DATASET = """
name: mine
version: "1"
title: t
licence: CC0-1.0
citation: none
kind: open
source: {local: {root: data_dir, files: '%s', format: jsonl}}
columns: {gold: null}
languages: {en: {system: s, instruction: $question, file: '%s'}}
metrics: [code_switch]
"""


@pytest.mark.parametrize(
    ("files", "file"),
    [("../secret.jsonl", "en"), ("{file}.jsonl", "../secret"), ("/secret.jsonl", "en"), ("link.jsonl", "en"),
     ("folder/secret.jsonl", "en")],
)  # fmt: skip
def test_a_data_set_reads_nothing_outside_its_root(tmp_path: Path, files: str, file: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    secret = tmp_path / "secret.jsonl"
    secret.write_text('{"question": "password"}\n')
    (data / "link.jsonl").symlink_to(secret)
    (data / "folder").symlink_to(tmp_path)
    (data / "inside.jsonl").write_text('{"question": "2 + 2?"}\n')
    path = tmp_path / "mine.yaml"
    if files.startswith("/"):
        files = str(secret)
    path.write_text(DATASET % (files, file))
    with pytest.raises(UserError, match="lies outside its root"):
        load_items(load_config(str(path)), "en", data, None)
    path.write_text(DATASET % ("inside.jsonl", "en"))
    assert [item.question for item in load_items(load_config(str(path)), "en", data, None)] == ["2 + 2?"]


@pytest.mark.parametrize(
    ("name", "secret"),
    [("Authorization", True), ("x-api-key", True), ("HF_TOKEN", True), ("Cookie", True),
     ("AWS_SECRET_ACCESS_KEY", True), ("--hf-token", True), ("auth", True), ("max_tokens", False),
     ("TOKENIZERS_PARALLELISM", False), ("X-Team", False), ("CUDA_VISIBLE_DEVICES", False),
     ("--max-num-batched-tokens", False), ("monkey", False)],
)  # fmt: skip
def test_what_names_a_key(name: str, secret: bool) -> None:
    assert is_secret(name) is secret


def test_a_header_takes_its_key_from_the_environment(tmp_path: Path) -> None:
    model = OpenAI(name="m", engine="openai", model="m", headers={"api-key": "$AZURE_KEY", "x-team": "blue"})
    assert filled(model.headers, {"AZURE_KEY": "k-123456"}) == {"api-key": "k-123456", "x-team": "blue"}
    with pytest.raises(UserError, match="the header 'api-key' takes its value from the environment variable AZURE_KEY"):
        check_engine(model, EngineContext(tmp_path, None, {}))


def test_longer_keys_are_hidden_first_and_short_words_are_none() -> None:
    assert hide("Bearer sk-123456 or none", ["sk-123456", "Bearer sk-123456", "none"]) == "[key] or none"


def test_the_shipped_server_is_closed_and_on_loopback() -> None:
    text = (ROOT / "deploy" / "compose.yaml").read_text()
    assert "PREFECT_SERVER_API_AUTH_STRING: ${PREFECT_AUTH:?" in text
    assert all(port.startswith("127.0.0.1:") for ports in re.findall(r"ports: \[(.*)\]", text)
               for port in ports.strip('"').split('", "'))  # fmt: skip
