"""Prefect's own server, on a machine that is slow to answer."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

LATE = """
    import sys, time
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Late(BaseHTTPRequestHandler):
        first = True

        def do_GET(self):
            if Late.first:
                Late.first = False
                time.sleep(6)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"true")

    HTTPServer(("127.0.0.1", int(sys.argv[1])), Late).serve_forever()
"""
# In a process of its own: Prefect reads its settings once, when it is imported.
STARTED = """
    import subprocess, sys
    from pathlib import Path
    import httpx
    from flows import environment
    environment.guard_children()
    environment.prepare_prefect(Path(sys.argv[1]))
    from prefect.server.api.server import SubprocessASGIServer

    def late(self):
        return subprocess.Popen([sys.executable, "-c", sys.argv[2], str(self.port)], stderr=subprocess.DEVNULL)

    SubprocessASGIServer._run_uvicorn_command = late
    try:
        SubprocessASGIServer().start()
    except httpx.ReadTimeout:
        print("Prefect gives up")
    SubprocessASGIServer().stop()
    environment.start_prefect()
    server = SubprocessASGIServer()
    print(server.running, httpx.get(f"{server.api_url}/health").status_code)
"""


@pytest.mark.slow
def test_a_server_that_answers_its_first_question_late_is_waited_for(tmp_path: Path) -> None:
    words = [sys.executable, "-c", textwrap.dedent(STARTED), str(tmp_path), textwrap.dedent(LATE)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        words, cwd=Path(__file__).parent.parent, env=env, capture_output=True, text=True, timeout=240, check=False
    )
    assert (done.stdout, done.returncode) == ("Prefect gives up\nTrue 200\n", 0), done.stderr
