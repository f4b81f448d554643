"""Reads a YAML file into a strict model, and says in one sentence what is wrong with it."""

import difflib
import re
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import TypeVar, cast

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class ConfigError(ValueError):
    """A mistake in a configuration: one sentence that says what, where, and what is near."""


_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")
_UNTYPED = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a key stands once, `no` is a language, not a falsehood, and a date is a text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> str:
        text = super().construct_scalar(node)
        if isinstance(text, str) and _NO_TEXT.search(text):
            said = "a NUL or half of a surrogate pair is no text"
            raise yaml.constructor.ConstructorError(None, None, said, node.start_mark)
        return text


# YAML 1.1 reads yes, no, on, off as booleans; YAML 1.2 does not, and `no:` is how a Norwegian entry begins. Nor does
# it know dates.
_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in resolvers if tag not in _UNTYPED or (first in "tTfF" and tag == _UNTYPED[0])
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path, model: type[Model]) -> Model:
    """The file as a model. Raises ConfigError with one sentence: file, place in it, what is wrong, what is near."""
    try:
        # The loader is a SafeLoader: it builds plain values only.
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {_yaml_problem(error)}") from error
    # What the loader's own constructors raise for `!!int x`, `!!timestamp x` and the like, and for a thousand brackets.
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError) as error:
        raise ConfigError(f"{path}: not YAML ({str(error) or type(error).__name__})") from error
    if document is None:
        raise ConfigError(f"{path}: is empty")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise ConfigError(explain(error, model, str(path))) from error


def nearest(name: str, known: Iterable[str]) -> str:
    """'; did you mean 'x'?' for the closest of the known names, or nothing where none is close."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else ""


def explain(error: ValidationError, model: type[BaseModel], source: str) -> str:
    """The first finding of a ValidationError as one sentence, 'source: place: what is wrong'."""
    # A list with a wrong member is reported as too short as well.
    found = error.errors(include_url=False)
    findings = [one for one in found if one["type"] != "too_short" or not one["input"]] or found
    # A misspelt key is two findings, the right one missing and the wrong one unknown: the second says more.
    first = next((finding for finding in findings if finding["type"] == "extra_forbidden"), findings[0])
    loc, kind, context = first["loc"], first["type"], first.get("ctx", {})
    place = loc
    if kind == "extra_forbidden":
        place, what = loc[:-1], f"unknown key '{loc[-1]}'{nearest(str(loc[-1]), _keys(model, loc[:-1]))}"
    elif kind == "missing":
        place, what = loc[:-1], f"the key '{loc[-1]}' is missing"
    elif kind == "union_tag_not_found":
        what = f"the key {context['discriminator']} is missing"
    elif kind in ("model_type", "dict_type"):
        what = f"must be keys and their values, not {_short(first['input'])}"
    elif kind == "value_error":
        what = str(context["error"])
    elif kind in ("literal_error", "union_tag_invalid"):
        expected = str(context.get("expected") or context.get("expected_tags"))
        given = str(context.get("tag", first["input"]))
        words = [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]
        what = f"'{given}' is none of {', '.join(words)}{nearest(given, words)}"
    else:
        message = first["msg"].replace("tuple", "list").replace("Tuple", "list")
        what = f"{message[0].lower()}{message[1:]}, not {_short(first['input'])}"
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return ": ".join(part for part in (source, ".".join(map(str, place)), what) if part) + more


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _yaml_problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem or 'not YAML'}"
    return f"not YAML ({' '.join(str(error).split())})"


Schema = dict[str, object]


def _keys(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The keys that the model takes at a place, followed through its JSON schema."""
    root = cast(Schema, model.model_json_schema())
    schemas = [root]
    for step in loc:
        schemas = [below for schema in schemas for below in _below(schema, step, root)] or schemas
    return sorted({key for schema in schemas for one in _variants(schema, root) for key in _properties(one)})


def _properties(schema: Schema) -> Schema:
    return cast(Schema, schema.get("properties", {}))


def _variants(schema: Schema, root: Schema) -> list[Schema]:
    """A schema with references followed and alternatives spread out."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        definitions = cast(dict[str, Schema], root.get("$defs", {}))
        return _variants(definitions[reference.rsplit("/", 1)[-1]], root)
    alternatives = cast(list[Schema], schema.get("anyOf") or schema.get("oneOf") or [])
    return [found for one in alternatives for found in _variants(one, root)] or [schema]


def _below(schema: Schema, step: str | int, root: Schema) -> list[Schema]:
    """The schemas under one step of a location: a property, a mapping's value or a list's member."""
    found: list[object] = []
    for one in _variants(schema, root):
        if isinstance(step, int):
            found.append(one.get("items"))
        else:
            found.append(_properties(one).get(step, one.get("additionalProperties")))
    return [cast(Schema, schema) for schema in found if isinstance(schema, dict)]
