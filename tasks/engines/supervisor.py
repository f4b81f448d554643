"""Runs a server and ends its whole process group when the server ends or whoever started this has gone.

A program of its own, run by path with the standard library alone: `python -I supervisor.py COMMAND…`. It leads the
process group that the server and its workers live in. Its standard input is a pipe that nobody writes to: end of file
means that the other side is gone, even by kill -9.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

_PR_SET_PDEATHSIG = 1
_GRACE_S = 10.0


def _die_with_parent() -> None:
    """In the server before it starts: kill -9 of this supervisor must not leave it behind (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> int:
    """Returns the server's exit code, 128 + the signal that ended it; does not return when the group has to die."""
    parent = os.getppid()
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)
    # Ours is the group's leader: a SIGTERM to the group is meant for the server, and we see it through.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while child.poll() is None:
        readable, _, _ = select.select([sys.stdin], [], [], 0.2)
        # A fork of the parent may hold the pipe open after it: look at who our parent is as well.
        if readable or os.getppid() != parent:
            _end_group(child)
    _sweep()
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _end_group(child: "subprocess.Popen[bytes]") -> None:
    """SIGTERM, a little time, SIGKILL: to everything in our group, ourselves included."""
    os.killpg(0, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_S
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(0, signal.SIGKILL)


def _sweep() -> None:
    """Workers that outlive their server hold the memory of its successor."""
    os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
