"""Every data set's YAML loads and speaks each of its languages; a mistake in one is one sentence."""

import json
import string
from pathlib import Path

import pytest
import regex

from datasets_cfg.config import FOLDER, ConfigError, DatasetConfig, load_config, names, schema_text
from tasks.languages import LANGUAGES

NAMES = names()
PAIRS = [(name, lang) for name in NAMES for lang in load_config(name).languages]
GOOD = """\
name: toy
version: "1"
title: Toy
licence: MIT
citation: nobody
kind: choice
source: {local: {files: "x/{file}.jsonl", format: jsonl}}
columns: {options: options}
languages:
  no: {system: s, instruction: "a $question", marker: m, labels: [A, B]}
"""
# What is replaced, by what, and the sentence after the file's name.
MISTAKES = [
    ("kind: choice", "kind: choise", "kind: 'choise' is none of math, choice, nli, qa"),
    ("kind: choice", "kind: choise", "did you mean 'choice'?"),
    ("format: jsonl", "formt: jsonl", "source.local: unknown key 'formt'; did you mean 'format'?"),
    ("marker: m", "makrer: m", "languages.no: unknown key 'makrer'; did you mean 'marker'?"),
    ("options: options", "option: options", "columns: unknown key 'option'; did you mean 'options'?"),
    ("licence: MIT\n", "", "the key 'licence' is missing"),
    ("title: Toy", "title: [Toy]", "title: input should be a valid string, not ['Toy']"),
    ('version: "1"', "version: 1", "version: input should be a valid string, not 1"),
    ("$question", "$quesion", "languages.no: unknown slot '$quesion' in the instruction; did you mean 'question'?"),
    ("a $question", "a $ question", "languages.no: the instruction has a '$' that starts no slot"),
    ("a $question", "a", "languages.no: the instruction lacks the slot '$question'"),
    ("title: Toy", "name: toy", "line 3, column 1: the key 'name' stands twice"),
    ("[A, B]", "[A, A]", "languages.no.labels: a label stands twice"),
    (", labels: [A, B]", "", "languages.no: the key 'labels' is missing, which a 'choice' dataset needs"),
    ("{local: {", "{hub: {path: a/b, revision: main}, local: {", "source.hub.revision: string should match pattern"),
    ('{local: {files: "x/{file}.jsonl", format: jsonl}}', "{}", "source: needs 'local', 'hub' or both"),
    ("title: Toy", "shots: 2\ntitle: Toy", "the key 'exemplars' is missing, which 'shots' needs"),
    ("title: Toy", 'title: "Toy', ", column "),
    ("title: Toy", "counts: {en: 2}\ntitle: Toy", "counts: there is no language 'en'"),
    ("title: Toy", "counts: -1\ntitle: Toy", "input should be greater than or equal to 0"),
    ("title: Toy", "drop: {nn: ['1']}\ntitle: Toy", "drop: there is no language 'nn'; did you mean 'no'?"),
]


def toy(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "toy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_loads_and_no_is_a_language(tmp_path: Path) -> None:
    config = load_config(str(toy(tmp_path, GOOD)))
    assert list(config.languages) == ["no"]
    assert config == load_config("toy", roots=[tmp_path])


@pytest.mark.parametrize(("old", "new", "sentence"), MISTAKES)
def test_a_mistake_is_one_sentence_with_file_and_place(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    path = toy(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as error:
        load_config(str(path))
    text = str(error.value)
    assert sentence in text
    assert text.startswith(f"{path}: ")
    assert "\n" not in text


def test_names_and_their_mistakes(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown dataset 'mgms'; did you mean 'mgsm'"):
        load_config("mgms")
    with pytest.raises(ConfigError, match="nothing.yaml: cannot be read"):
        load_config(str(tmp_path / "nothing.yaml"))
    toy(tmp_path, GOOD.replace("name: toy", "name: other"))
    with pytest.raises(ConfigError, match="'other' is not the file's own name 'toy'"):
        load_config("toy", roots=[tmp_path])
    with pytest.raises(ConfigError, match="has no language 'se'; did you mean 'es'|has no language 'se'"):
        load_config("mgsm").language("se")
    (tmp_path / "latin.yaml").write_bytes("name: caf\xe9".encode("latin-1"))
    with pytest.raises(ConfigError, match="latin.yaml: byte 9 is not UTF-8"):
        load_config("latin", roots=[tmp_path])


def test_the_schema_for_editors_is_current() -> None:
    """Write it anew with: python -m datasets_cfg.config > datasets_cfg/schema.json"""
    text = (FOLDER / "schema.json").read_text(encoding="utf-8")
    assert text == schema_text()
    assert set(json.loads(text)["properties"]) == set(DatasetConfig.model_fields)


@pytest.mark.parametrize("name", NAMES)
def test_a_dataset_says_whose_it_is_and_where_it_lies(name: str) -> None:
    first = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").split("\n", 1)[0]
    assert first == "# yaml-language-server: $schema=./schema.json"
    config = load_config(name)
    assert config.name == name and config.title
    assert len(config.citation) > 20
    assert regex.fullmatch(r"[A-Z][A-Za-z0-9.-]+( .+)?", config.licence)
    assert set(config.languages) <= set(LANGUAGES)
    assert {config.question_language, config.answer_language} <= {None, *LANGUAGES}


@pytest.mark.parametrize(("name", "lang"), PAIRS)
def test_a_dataset_speaks_its_languages(name: str, lang: str) -> None:
    config = load_config(name)
    entry = config.languages[lang]
    words = regex.sub(r"\$\w+", "", f"{entry.system} {entry.instruction} {entry.marker}")
    if config.kind != "open":
        assert entry.marker
    if config.kind in ("math", "choice", "nli"):
        assert entry.marker in entry.instruction, "the prompt asks for the marker that is looked for"
    if lang != "en" and "Latn" not in LANGUAGES[lang].scripts:
        assert not regex.findall(r"\p{Latin}{2,}", words), "no English in a prompt"
    slots = string.Template(entry.instruction).get_identifiers()
    assert ("options" in slots) == (config.kind == "choice")
    assert ("context" in slots) == (config.columns.context is not None)


@pytest.mark.parametrize("name", [name for name in NAMES if load_config(name).kind != "open"])
def test_no_two_languages_share_a_prompt(name: str) -> None:
    entries = load_config(name).languages.values()
    assert len({entry.instruction for entry in entries}) == len(entries)
    assert len({entry.system for entry in entries}) == len(entries)
