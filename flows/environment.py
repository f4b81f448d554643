"""The only place that reads the process environment: where things lie, and how Prefect is to behave."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.schema import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.engines import EngineContext
    from tasks.notify import Destination, Webhook


_START_LIMIT = "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"


def home(given: str | None = None) -> Path:
    """The given folder, else BABELGATE_HOME: warehouse, parts, journals and logs; ./.babelgate when unset."""
    return Path(given or os.environ.get("BABELGATE_HOME") or ".babelgate").absolute()


def named_data_dir() -> Path | None:
    """What BABELGATE_DATA_DIR names, whether it is there or not; None when unset."""
    value = os.environ.get("BABELGATE_DATA_DIR")
    return Path(value).absolute() if value else None


def data_dir() -> Path | None:
    """BABELGATE_DATA_DIR: local copies of public data sets, searched before any hub; None when unset."""
    path = named_data_dir()
    if path is not None and not path.is_dir():
        raise UserError(f"BABELGATE_DATA_DIR is not a folder: {path}")
    return path


def engine_context(where: Path | None = None, *, data: Path | None = None) -> "EngineContext":
    """What an engine may know of its surroundings; `where` and `data` replace what the environment says."""
    from tasks.engines import EngineContext

    return EngineContext(home=where or home(), data_dir=data or data_dir(), env=os.environ)


def guard_children() -> None:
    """Have whatever we start end with us, even by kill -9, and end what a process killed before us has left behind.

    Prefect's ephemeral server would otherwise outlive us. Our mark is inherited through the environment.
    """
    from tasks.owner import MARK, end_orphans, own_mark, watch_over

    end_orphans()
    if os.environ.get(MARK) != own_mark():
        os.environ[MARK] = own_mark()
        watch_over(own_mark())


def send_spans() -> None:
    """Send OpenTelemetry spans of the run and its shards where OTEL_EXPORTER_OTLP_ENDPOINT says; else send none.

    UserError: it is set, but the extra 'telemetry' is not installed. Whoever has configured the SDK already, keeps it.
    """
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # pyright: ignore[reportMissingImports]
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise UserError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but the extra 'telemetry' is not installed: unset it, or "
            "pip install 'babelgate[telemetry]'"
        ) from error
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(provider)


async def destinations(webhooks: "Sequence[Webhook]") -> "list[Destination]":
    """The webhooks with their addresses; one whose address is not to be had stays without, and is told of as such."""
    from tasks.notify import Destination

    return [Destination(each, await _address(each)) for each in webhooks]


async def _address(webhook: "Webhook") -> str:
    """A webhook's address from the environment or a Prefect Secret block, '' where it is not there."""
    if webhook.url_env is not None:
        return os.environ.get(webhook.url_env, "")
    from prefect.blocks.system import Secret

    try:
        secret = await Secret.aload(str(webhook.url_block))
    except ValueError:
        return ""
    return str(secret.get())


def prepare_prefect(where: Path) -> None:
    """Set what Prefect must find before it is first imported; whatever the user has set already stays.

    The ephemeral server's own start-up limit of 20 s is too short on two cores, its telemetry locks its own database,
    and its home belongs beside the run, closed to other users.
    """
    prefect_home = where / "prefect"
    prefect_home.mkdir(parents=True, exist_ok=True)
    prefect_home.chmod(0o700)
    for name, value in {
        "PREFECT_HOME": str(prefect_home),
        _START_LIMIT: "600",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",  # never a pickle, should somebody have results stored
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500",  # what SQLite's "database is locked" becomes
        "DO_NOT_TRACK": "1",
    }.items():
        os.environ.setdefault(name, value)


def start_prefect() -> None:
    """After prepare_prefect: start Prefect's server where no other is named, however late it answers.

    Prefect starts it by itself at the first flow, but gives up when the first answer takes longer than five seconds
    (3.8.8, SubprocessASGIServer.start), as it does on a busy machine.
    """
    import httpx
    from prefect.client.base import ServerType, determine_server_type

    if determine_server_type() is not ServerType.EPHEMERAL:
        return
    from prefect.server.api.server import SubprocessASGIServer

    server = SubprocessASGIServer()
    try:
        server.start(timeout=int(os.environ[_START_LIMIT]))  # Prefect's own setting is what it was at its import
    except httpx.TimeoutException:
        httpx.get(f"{server.api_url}/health", timeout=600).raise_for_status()
        server.running = True
