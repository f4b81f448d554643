"""`babelgate nightly serve|deploy`: nights from one process of ours, or on a Prefect server with workers."""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flows.commands.given import count

if TYPE_CHECKING:
    from tasks.engines.process import ServerCommand
    from tasks.notify import Webhook

PROJECT = Path(__file__).parent.parent.parent / "prefect.yaml"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["serve", "deploy"])
    parser.add_argument("suite", nargs="?", help="for serve: a shipped suite's name or a YAML file")
    parser.add_argument("--policy", default="default", help="a shipped policy's name or a YAML file")
    parser.add_argument("--baseline", metavar="RUN|TAG", help="instead of the policy's own")
    parser.add_argument("--limit", type=count, help="items per shard, instead of the suite's")
    parser.add_argument("--cron", default="0 2 * * *", help="when, as five fields (default: %(default)s)")
    parser.add_argument("--timezone", default="UTC", help="IANA name of the time zone that --cron is in")
    parser.add_argument("--webhook", action="append", default=[], metavar="FORMAT:VARIABLE",
                        help="tell it of changes: json or slack, and the variable that holds its address")  # fmt: skip
    parser.add_argument("--file", type=Path, default=PROJECT, help="for deploy: another prefect.yaml")
    parser.add_argument("--pool-type", default="process", help="for deploy: of pools that are not there yet")


def execute(arguments: argparse.Namespace) -> int:
    return _deploy(arguments) if arguments.verb == "deploy" else _serve(arguments)


def _serve(arguments: argparse.Namespace) -> int:
    """Serve nights until interrupted; a Prefect server of our own is started where none is set."""
    import asyncio
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from flows import environment
    from tasks.policy import load_policy
    from tasks.preflight import prepare
    from tasks.schema import UserError
    from tasks.suite import load_suite

    if arguments.suite is None:
        raise UserError("name the suite: babelgate nightly serve SUITE")
    webhooks = [_webhook(text) for text in arguments.webhook]
    load_policy(arguments.policy)
    prepare(load_suite(arguments.suite), environment.engine_context())
    try:
        ZoneInfo(arguments.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise UserError(f"'{arguments.timezone}' is not the name of a time zone, such as Europe/Berlin") from None
    parameters = {
        "suite": arguments.suite, "policy": arguments.policy, "baseline": arguments.baseline, "limit": arguments.limit,
        "home": str(environment.home()), "webhooks": [webhook.model_dump(exclude_none=True) for webhook in webhooks],
    }  # fmt: skip
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")
    environment.prepare_prefect(environment.home())
    asyncio.run(_serving(parameters, arguments.cron, arguments.timezone))
    return 0


async def _serving(parameters: Mapping[str, object], cron: str, timezone: str) -> None:
    from contextlib import AsyncExitStack

    from tasks.engines.process import serve as serving

    async with AsyncExitStack() as stack:
        if not os.environ.get("PREFECT_API_URL"):
            command = _server()
            await stack.enter_async_context(serving(command))
            os.environ["PREFECT_API_URL"] = f"{command.origin}/api"
        from prefect import aserve
        from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
        from prefect.schedules import Cron

        from flows.nightly import nightly

        deployment = await nightly.ato_deployment(
            "nightly", schedule=Cron(cron, timezone=timezone), parameters=dict(parameters),
            concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        )  # fmt: skip
        at = f"'{cron}' {timezone} on {os.environ['PREFECT_API_URL']}"
        print(f"nights of {parameters['suite']} at {at} (Ctrl-C ends it)", flush=True)
        await aserve(deployment, pause_on_shutdown=False, print_starting_message=False, limit=1)


def _server() -> "ServerCommand":
    """A Prefect server on loopback that lives as long as we do; only who knows our password may speak to it."""
    import secrets

    from flows import environment
    from tasks.engines.process import ServerCommand, free_port

    auth = os.environ.get("PREFECT_SERVER_API_AUTH_STRING") or f"babelgate:{secrets.token_urlsafe(24)}"
    os.environ |= {"PREFECT_SERVER_API_AUTH_STRING": auth, "PREFECT_API_AUTH_STRING": auth}
    port = free_port()
    words = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    log = environment.home() / "logs" / "prefect-server.log"
    return ServerCommand("Prefect's server", words, os.environ, log, port, "/api/health", start_timeout_s=240)


def _webhook(text: str) -> "Webhook":
    """FORMAT:VARIABLE as a webhook. UserError where it is not of that form or the variable is not set."""
    from pydantic import ValidationError

    from tasks.notify import Webhook
    from tasks.schema import UserError

    form, _, variable = text.partition(":")
    try:
        webhook = Webhook.model_validate({"format": form, "url_env": variable})
    except ValidationError as error:
        raise UserError(
            f"--webhook '{text}' is neither json:VARIABLE nor slack:VARIABLE: {error.errors()[0]['msg']}"
        ) from None
    if not os.environ.get(variable):
        raise UserError(f"--webhook '{text}': the environment variable {variable} is not set")
    return webhook


def _deploy(arguments: argparse.Namespace) -> int:
    """Create the work pools that are missing, then the deployments, then what marks runs that died as crashed."""
    import asyncio
    import subprocess

    import yaml

    from flows import environment
    from tasks.schema import UserError

    if not os.environ.get("PREFECT_API_URL"):
        raise UserError("PREFECT_API_URL is not set: deployments live on a Prefect server; 'nightly serve' needs none")
    if not arguments.file.is_file():
        raise UserError(f"there is no {arguments.file}; run this in a checkout of the project or name one with --file")
    environment.prepare_prefect(environment.home())
    from tasks.pools import ensure_pools, mark_the_dead

    wanted = yaml.safe_load(arguments.file.read_text())["deployments"]
    asyncio.run(ensure_pools([each["work_pool"]["name"] for each in wanted], arguments.pool_type))
    words = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", arguments.file.name]
    code = subprocess.run(words, cwd=arguments.file.absolute().parent, check=False).returncode
    if code == 0:
        asyncio.run(mark_the_dead())
    return 0 if code == 0 else 3
