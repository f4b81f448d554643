"""`babelgate nightly serve` for real: a Prefect server of its own, a cron that is put on its calendar, a clean end."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

AUTH = "night:secret-of-the-test"


def _scheduled(api: str) -> list[dict]:
    token = base64.b64encode(AUTH.encode()).decode()
    body = json.dumps({"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {token}"}
    with urllib.request.urlopen(urllib.request.Request(f"{api}/flow_runs/filter", body, headers), timeout=120) as reply:
        return json.loads(reply.read())


def _gone(api: str) -> bool:
    try:
        urllib.request.urlopen(f"{api}/health", timeout=5)
    except (urllib.error.URLError, OSError):
        return True
    return False


def test_a_cron_is_on_the_calendar_and_the_end_leaves_nothing(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    env |= {"BABELGATE_HOME": str(tmp_path / "home"), "PREFECT_SERVER_API_AUTH_STRING": AUTH, "DO_NOT_TRACK": "1"}
    words = [sys.executable, "-m", "flows.cli", "nightly", "serve", "quickstart", "--limit", "1",
             "--cron", "30 2 1 1 *", "--timezone", "Asia/Kolkata"]  # fmt: skip
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            said = re.search(r"http://127\.0\.0\.1:\d+/api", process.stdout.readline())
            assert said, (tmp_path / "log").read_text()[-2000:]
            deadline = time.monotonic() + 240
            while not (found := _scheduled(said[0])):
                assert time.monotonic() < deadline, "no night was put on the calendar"
                time.sleep(1)
            assert {run["expected_start_time"][5:19] for run in found} == {"12-31T21:00:00"}
            assert {run["parameters"]["limit"] for run in found} == {1}
            process.send_signal(signal.SIGINT)
            process.wait(240)
        finally:
            process.kill()
            process.wait()
    deadline = time.monotonic() + 120
    while not _gone(said[0]):
        assert time.monotonic() < deadline, "its server is still there"
        time.sleep(1)
