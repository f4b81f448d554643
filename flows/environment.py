"""The only place that reads the process environment: where things lie, and how Prefect is to behave."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.schema import UserError

if TYPE_CHECKING:
    from tasks.engines import EngineContext


def home() -> Path:
    """BABELGATE_HOME: warehouse, parts, journals and logs; ./.babelgate when unset."""
    return Path(os.environ.get("BABELGATE_HOME") or ".babelgate").absolute()


def data_dir() -> Path | None:
    """BABELGATE_DATA_DIR: local copies of public data sets, searched before any hub; None when unset."""
    value = os.environ.get("BABELGATE_DATA_DIR")
    if not value:
        return None
    path = Path(value).absolute()
    if not path.is_dir():
        raise UserError(f"BABELGATE_DATA_DIR is not a folder: {path}")
    return path


def engine_context(where: Path | None = None, *, data: Path | None = None) -> "EngineContext":
    """What an engine may know of its surroundings; `where` and `data` replace what the environment says."""
    from tasks.engines import EngineContext

    return EngineContext(home=where or home(), data_dir=data or data_dir(), env=os.environ)


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
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        "DO_NOT_TRACK": "1",
    }.items():
        os.environ.setdefault(name, value)
