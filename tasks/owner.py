"""Which process something belongs to, beyond its number; as a program it ends what a killed one has left behind.

Every process that we start inherits MARK from the environment of whoever started it, so that a server whose owner was
killed with -9 is known as an orphan. `python -I owner.py MARK` waits until its standard input ends, which is when its
owner is gone, and ends everything with that mark. Standard library alone; where there is no /proc it finds nothing.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

MARK = "BABELGATE_OWNER"
_PROC = Path("/proc")
_GRACE_S = 5.0


def own_mark() -> str:
    """boot:pid:start, which no other process ever has: numbers are used again, also after a reboot."""
    return f"{_boot()}:{os.getpid()}:{_started(os.getpid())}"


def is_alive(mark: str) -> bool:
    """Whether the process with that mark still runs on this machine; a zombie does not."""
    boot, _, rest = mark.partition(":")
    pid, _, started = rest.partition(":")
    return boot == _boot() and pid.isdecimal() and bool(started) and _started(int(pid)) == started


def watch_over(mark: str) -> None:
    """Start the program below for this process; its standard input ends with us, whatever ends us."""
    reading, _ = os.pipe()  # the other end stays open, and is not inherited
    null = [(os.POSIX_SPAWN_OPEN, handle, os.devnull, os.O_WRONLY, 0) for handle in (1, 2)]
    os.posix_spawn(
        sys.executable, [sys.executable, "-I", "-S", __file__, mark], {},
        file_actions=[(os.POSIX_SPAWN_DUP2, reading, 0), *null],
    )  # fmt: skip
    os.close(reading)


def end_orphans() -> list[int]:
    """End every marked process whose owner is gone; returns which."""
    orphans = [pid for pid, mark in marked() if not is_alive(mark)]
    end(orphans)
    return orphans


def marked() -> Iterator[tuple[int, str]]:
    """Every process of this user that carries a mark, but for this one and those above it."""
    spared, prefix = set(_line(os.getpid())), f"{MARK}=".encode()
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for setting in (folder / "environ").read_bytes().split(b"\0"):
                if setting.startswith(prefix) and int(folder.name) not in spared:
                    yield int(folder.name), setting.removeprefix(prefix).decode("utf-8", "replace")


def end(pids: Iterable[int]) -> None:
    """SIGTERM, some seconds, SIGKILL."""
    left = {pid: _started(pid) for pid in pids}
    for sent, grace in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, 1.0)):
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, sent)
        until = time.monotonic() + grace
        while left and time.monotonic() < until:
            left = {pid: started for pid, started in left.items() if started and _started(pid) == started}
            time.sleep(0.05)


def _line(pid: int) -> Iterator[int]:
    """A process and those above it."""
    while pid > 0:
        yield pid
        found = _stat(pid)
        pid = int(found[1]) if found else 0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on (proc(5)); the name before them may hold anything."""
    try:
        return (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot; empty where it is gone or a zombie."""
    if not _PROC.is_dir():
        with contextlib.suppress(OSError):
            os.kill(pid, 0)
            return "?"
        return ""
    found = _stat(pid)
    return "" if not found or found[0] in "ZX" else found[19]


def _boot() -> str:
    """This start of this machine."""
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return os.uname().nodename


def main() -> None:
    """Wait for the owner to go, then end what is left of it."""
    os.setsid()  # what is typed at the terminal is not meant for us
    sys.stdin.buffer.read()
    end(pid for pid, mark in marked() if mark == sys.argv[1])


if __name__ == "__main__":
    main()
