"""How much of the time the GPU of this machine works, as nvidia-smi tells ten times a second; nothing without one."""

import shutil
import subprocess
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

QUERY = ["--query-gpu=timestamp,utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100"]


class GpuUse:
    """Samples into a file until `end`."""

    def __init__(self, path: Path) -> None:
        self._path, self._process = path, None
        if program := shutil.which("nvidia-smi"):
            with path.open("w") as file:
                self._process = subprocess.Popen([program, *QUERY], stdout=file, stderr=subprocess.DEVNULL)

    def end(self) -> None:
        """Stop sampling."""
        if self._process:
            self._process.terminate()
            self._process.wait()

    def idle(self, begin: float, end: float) -> float | None:
        """The mean share of idle time between two moments (seconds since 1970); None where nothing was seen."""
        return None if self._process is None else idle_share(self._path, [(begin, end)])


def idle_share(path: Path, windows: Iterable[tuple[float, float]]) -> float | None:
    """The mean share of idle time within some windows of a file of samples; None where none lies in them."""
    windows, shares = list(windows), []
    for line in path.read_text().splitlines():
        stamp, _, share = line.partition(", ")
        at = datetime.fromisoformat(stamp.replace("/", "-")).timestamp() if share.strip().isdigit() else -1.0
        if any(begin <= at <= end for begin, end in windows):
            shares.append(int(share))
    return 1 - sum(shares) / len(shares) / 100 if shares else None
