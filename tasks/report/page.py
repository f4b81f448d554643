"""Fills the templates: one HTML file that asks the network for nothing and runs no script but its own."""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tasks.report.figures import FILTERS

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, values: Mapping[str, object]) -> str:
    """The template with every value escaped; only files of this package are put in as they are."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    environment.filters["pretty"] = _pretty
    style, script = _own("style.css"), _own("explorer.js")
    return environment.get_template(template).render(
        **values, style=Markup(style), script=Markup(script), policy=content_policy(script)
    )


def content_policy(script: str) -> str:
    """No network at all, no frame, no form; of scripts only the one with this hash."""
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{hashed}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _own(name: str) -> str:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    if "</" in text:
        raise ValueError(f"{name} may not hold '</': it is put inside an element")
    return text


def _pretty(text: str | None) -> str:
    """A JSON text with one key a line; as it is where it is not JSON."""
    try:
        return json.dumps(json.loads(text or "null"), indent=1, ensure_ascii=False)
    except ValueError:
        return text or ""
