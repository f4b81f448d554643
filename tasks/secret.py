"""Keys stay in the environment: what a suite may not hold, how it names one, and what is taken out of words."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from tasks.schema import UserError

# HF_TOKEN and x-api-key, but not TOKENIZERS_PARALLELISM or max_tokens.
_NAME = re.compile(
    r"authorization|cookie|credential|passw|secret|api[-_]?key|(?<![a-z])(?:token|key|auth)(?![a-z])", re.IGNORECASE
)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t -~]*")  # RFC 9110, without the obsolete
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
HIDDEN = "[key]"
_SHORTEST = 6
"""What is shorter would be found inside ordinary words."""


def is_secret(name: str) -> bool:
    """Whether a header, variable or flag of that name holds a key."""
    return bool(_NAME.search(name))


def check_headers(headers: Mapping[str, str]) -> None:
    """ValueError where a header cannot be sent, or holds a key, which would go into run records, parts and reports."""
    for name, value in headers.items():
        if not _HEADER.fullmatch(f"{name}: {value}"):
            raise ValueError(f"the header '{name}' cannot be sent: a word, then characters of ASCII on one line")
        if is_secret(name) and not _VARIABLE.fullmatch(value):
            raise ValueError(f"the header '{name}' holds a key: name an environment variable instead, as $VARIABLE")


def check_address(base_url: str) -> None:
    """ValueError where an address names no server, or holds a user name or a key."""
    address = urlsplit(base_url)
    if not address.hostname or " " in base_url or address.port == 0:  # `port` itself raises for what is none
        raise ValueError(f"base_url names no server: '{base_url}'")
    if address.username is not None:
        raise ValueError("base_url holds a user name: a key belongs into the environment, see key_env and headers")


def check_settings(settings: Iterable[str]) -> None:
    """ValueError where an environment variable or flag of a server holds a key; it inherits our environment."""
    for name in settings:
        if is_secret(name):
            raise ValueError(f"'{name}' holds a key: leave it out and set it in the environment, which is inherited")


def filled(headers: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    """The headers with $VARIABLE replaced. UserError: it is not set."""
    return {name: _value(name, value, env) for name, value in headers.items()}


def _value(name: str, value: str, env: Mapping[str, str]) -> str:
    variable = _VARIABLE.fullmatch(value)
    if variable is None:
        return value
    if not env.get(variable[1]):
        raise UserError(f"the header '{name}' takes its value from the environment variable {variable[1]}: set it")
    return env[variable[1]]


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, the longest first, since one may hold another ('Bearer sk-…')."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, HIDDEN)
    return text
