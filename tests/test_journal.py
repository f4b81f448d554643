"""The journal: durable before told, whole after a crash, one writer at a time."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.journal import Journal, JournalError, read
from tasks.schema import Completion


def completion(number: int, **changes) -> Completion:
    made = Completion(f"key-{number}", uuid.UUID(int=number), f"item-{number}", 0, "ok", f"answer {number}")
    return replace(made, **changes)


def write(path: Path, *completions: Completion) -> None:
    async def all_of_them() -> None:
        with Journal(path) as journal:
            await asyncio.gather(*map(journal.append, completions))

    asyncio.run(all_of_them())


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "j.jsonl"
    full = completion(
        1, text='ünï 👍 "q" \u202e \u2028 line\nbreak', thinking="hm", finish_reason="stop", prompt_tokens=1,
        completion_tokens=2, thinking_tokens=3, cached_tokens=4, latency_ms=5, cost_usd=0.25, system_fingerprint="fp",
        attempts=2, created_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    again = replace(full, repeat=1, status="truncated")
    write(path, full, again)
    assert read(path) == {full.identity: full, again.identity: again}


def test_two_items_that_ask_the_same_are_two(tmp_path: Path) -> None:
    first, second = completion(1), replace(completion(1), sample_id=uuid.UUID(int=2), text="another answer")
    write(tmp_path / "j.jsonl", first, second)
    assert read(tmp_path / "j.jsonl") == {first.identity: first, second.identity: second}


def test_no_file_is_an_empty_journal(tmp_path: Path) -> None:
    assert read(tmp_path / "none.jsonl") == {}


def test_what_failed_is_to_be_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    failed = completion(1, status="infra_error", text="", error="HTTP 503")
    write(path, failed, completion(2))
    assert set(read(path)) == {completion(2).identity}
    write(path, completion(1))
    assert set(read(path)) == {completion(1).identity, completion(2).identity}


TORN = [b'{"completion_key":"key-9","te', b'{"completion_key":"key-9"}', b"\x00\x00\x00", b"\xff\xfe", b"[1]", b"7"]


@pytest.mark.parametrize("tail", TORN)
def test_a_torn_last_line_is_cut_off(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "j.jsonl"
    write(path, completion(1), completion(2))
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    assert len(read(path)) == 2
    write(path, completion(3))
    assert path.read_bytes().startswith(whole + b'{"completion_key":"key-3"')
    assert len(read(path)) == 3


def test_a_journal_that_is_one_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(b"x" * 200_000)
    write(path, completion(1))
    assert set(read(path)) == {completion(1).identity}


def test_two_writers(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with (
        Journal(path),
        pytest.raises(JournalError, match=f"another process is working on the same shard: .*{path.name}"),
    ):
        Journal(path)
    Journal(path).close()


def test_a_full_disk_is_said_and_tears_nothing(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    code = """if True:
        import asyncio, resource, signal, sys
        from pathlib import Path
        from tasks.journal import Journal, JournalError
        from tests.test_journal import completion
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # write() fails as on a full disk
        async def main():
            with Journal(Path(sys.argv[1])) as journal:
                for number in range(100):
                    try:
                        await journal.append(completion(number, text="x" * 3000))
                    except JournalError as error:
                        print(number, error)
                        break
                try:
                    await journal.append(completion(number))
                except JournalError as error:
                    print("again", error)
        asyncio.run(main())
    """
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    first, again = done.stdout.splitlines()
    assert first == f"5 cannot write {path}: File too large"
    assert again == f"again cannot write {path}: File too large"
    assert path.read_bytes().endswith(b"}\n") and len(read(path)) == 5


@pytest.mark.slow
def test_what_was_reported_survives_kill_9(tmp_path: Path) -> None:
    """A writer of large lines is killed at a random moment, three times: nothing that it reported is lost."""
    path = tmp_path / "j.jsonl"
    code = """if True:
        import asyncio, itertools, sys
        from pathlib import Path
        from tasks.journal import Journal
        from tests.test_journal import completion
        async def main():
            with Journal(Path(sys.argv[1])) as journal:
                numbers = itertools.count(int(sys.argv[2]))
                async def work():
                    for number in numbers:
                        await journal.append(completion(number, text="x" * (number * 7919 % 200_000)))
                        print(number, flush=True)
                await asyncio.gather(*(work() for _ in range(8)))
        asyncio.run(main())
    """
    reported: set[str] = set()
    for round_ in range(3):
        arguments = [sys.executable, "-c", code, str(path), str(round_ * 100_000)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(20 + 13 * round_):
                reported.add(writer.stdout.readline().strip())
            os.kill(writer.pid, signal.SIGKILL)
            reported |= set(writer.stdout.read().split("\n")[:-1])
    found = read(path)
    assert {f"key-{number}" for number in reported} <= {key for key, _, _ in found}
    lines = path.read_bytes().split(b"\n")[:-1]
    assert all(json.loads(line)["text"].strip("x") == "" for line in lines)


def test_settle_waits_for_what_a_cancelled_worker_handed_over(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"

    async def cancelled() -> None:
        with Journal(path) as journal:
            worker = asyncio.create_task(journal.append(completion(1)))
            await asyncio.sleep(0)
            worker.cancel()
            await journal.settle()

    asyncio.run(cancelled())
    assert len(read(path)) == 1


def test_a_closed_journal_writes_nowhere(tmp_path: Path) -> None:
    async def late() -> None:
        journal = Journal(tmp_path / "j.jsonl")
        journal.close()
        with pytest.raises(JournalError, match="is closed"):
            await journal.append(completion(1))

    asyncio.run(late())
