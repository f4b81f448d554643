"""Tells webhooks of a night when a state has changed; a webhook that is down never fails the night."""

import asyncio
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import aiohttp
from prefect import get_run_logger, task
from pydantic import Field, model_validator

from tasks.news import Message, News, States, document, message, slack, states
from tasks.suite import Name, Strict
from warehouse.home import checked_name

FORMATS: dict[str, Callable[[Message], dict[str, object]]] = {"json": document, "slack": slack}
ATTEMPTS = 3
TIMEOUT_S = 10.0


class Webhook(Strict):
    """Where to tell: the address is a secret, so it is named and never written: a variable or a Secret block."""

    name: Name | None = Field(default=None, description="for logs and for what it was told; the address's if left out")
    format: Literal["json", "slack"] = "json"
    url_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="environment variable")
    url_block: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$", description="Prefect Secret block")

    @model_validator(mode="after")
    def _one_address(self) -> "Webhook":
        if (self.url_env is None) == (self.url_block is None):
            raise ValueError(f"webhook '{self.name}' takes its address from url_env or url_block, one of the two")
        return self

    @property
    def label(self) -> str:
        """What logs and what it was told go by: two webhooks without a name do not share their memory."""
        return self.name or self.url_env or str(self.url_block)


@dataclass(frozen=True, slots=True)
class Destination:
    """A webhook with its address, which is left out wherever the destination is printed."""

    webhook: Webhook
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one message: `sent`, or nothing to tell, or the reason why it did not arrive."""

    webhook: str
    event: str
    sent: bool
    reason: str = ""


async def tell(
    home: Path, news: News, destinations: Sequence[Destination], *, wait_s: float = 2.0
) -> tuple[Delivery, ...]:
    """Tell each destination what has changed since it was last told; raises nothing that a webhook can cause.

    What was told is kept a webhook and suite under the home. A message that did not arrive was not told: the next
    night tells it, if it still holds then.
    """
    return tuple(await asyncio.gather(*(_tell(home, news, each, wait_s) for each in destinations)))


async def _tell(home: Path, news: News, to: Destination, wait_s: float) -> Delivery:
    path = home / "notified" / f"{checked_name(news.suite, 'suite')}@{to.webhook.label}.json"
    told = _told(path)
    found = message(news, told)
    if found is not None:
        reason = await _post(to, FORMATS[to.webhook.format](found), wait_s)
        if reason:
            return Delivery(to.webhook.label, found.event, False, reason)
    now = states(news, told)
    if now != told:
        _remember(path, now)
    return Delivery(to.webhook.label, found.event if found else "", found is not None)


def _told(path: Path) -> States:
    """Subject → state as last told; a file that cannot be read is taken for nothing told: rather twice than never."""
    try:
        found = json.loads(path.read_text())["states"]
        return dict(found) if isinstance(found, Mapping) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _remember(path: Path, told: States) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_suffix(".tmp")
    with waiting.open("w") as file:
        json.dump({"at": datetime.now(UTC).isoformat(timespec="seconds"), "states": told}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(path)


async def _post(to: Destination, body: Mapping[str, object], wait_s: float) -> str:
    """Post, three times at most; the reason why it did not arrive, or ''. Addresses stay out of reasons."""
    if not to.url:
        return "its address is not set"
    reason = ""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    payload = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(wait_s * 4 ** (attempt - 1))
            reason, again = await _attempt(session, to, payload)
            if not reason or not again:
                break
    return reason


async def _attempt(session: aiohttp.ClientSession, to: Destination, payload: bytes) -> tuple[str, bool]:
    """(reason, whether another attempt can help); a redirect is refused, it could lead the message astray."""
    kind = {"Content-Type": "application/json"}
    try:
        async with session.post(to.url, data=payload, headers=kind, allow_redirects=False) as reply:
            if reply.status < 300:
                return "", False
            return f"HTTP {reply.status}", reply.status == 429 or reply.status >= 500
    except TimeoutError:
        return f"no answer within {TIMEOUT_S:g} s", True
    except aiohttp.InvalidURL:
        return "its address is no URL", False
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return type(error).__name__, True


@task(name="notify")
async def notify(home: Path, news: News, destinations: Sequence[Destination]) -> tuple[Delivery, ...]:
    """`tell` as Prefect sees it, with a line in the log for each webhook."""
    deliveries = await tell(home, news, destinations)
    log = get_run_logger()
    for each in deliveries:
        if each.reason:
            log.warning("%s was not told of %s: %s", each.webhook, each.event, each.reason)
        else:
            log.info("%s: %s", each.webhook, f"told of {each.event}" if each.sent else "nothing has changed")
    return deliveries
