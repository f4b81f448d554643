"""The named queries of warehouse/queries: a title, parameters with defaults, and one statement each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from warehouse.home import WarehouseError, unknown

HERE = Path(__file__).parent / "queries"
_PARAMETER = re.compile(r"-- \$(?P<name>\w+) = (?P<default>.*?): (?P<meaning>.+)")
Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """`default` is None where the header says null."""

    name: str
    default: str | None
    meaning: str


@dataclass(frozen=True, slots=True)
class NamedQuery:
    name: str
    title: str
    sql: str
    parameters: tuple[Parameter, ...]

    def bind(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """Every parameter with its value; one that the query does not have raises WarehouseError."""
        known = {p.name: p.default for p in self.parameters}
        for name in given:
            if name not in known:
                if not known:
                    raise WarehouseError(f"query '{self.name}' takes no parameters, so not '{name}'")
                raise unknown(f"parameter of query '{self.name}'", name, known)
        return {**known, **given}


def query_names(here: Path = HERE) -> list[str]:
    return sorted(path.stem for path in here.glob("*.sql"))


def named_query(name: str, here: Path = HERE) -> NamedQuery:
    """Reads warehouse/queries/<name>.sql: a title line, then a `-- $name = default: meaning` for each parameter."""
    if name not in query_names(here):
        raise unknown("query", name, query_names(here))
    text = (here / f"{name}.sql").read_text(encoding="utf-8")
    title = text.splitlines()[0].removeprefix("-- ")
    found = [_PARAMETER.fullmatch(line) for line in text.splitlines()]
    parameters = tuple(
        Parameter(m["name"], None if m["default"] == "null" else m["default"], m["meaning"]) for m in found if m
    )
    return NamedQuery(name, title, text, parameters)
