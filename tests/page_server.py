"""A server that stands in for a model's, with a worker of its own, and how to see that nothing of it is left."""

import time
from pathlib import Path

SERVER = """
import http.server, subprocess, sys
subprocess.Popen(["sleep", "600"])  # a worker
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b'{"version": "9.9"}')
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""


def group_of(marker: str) -> list[int]:
    """Living processes that carry a marker in their environment: it is inherited by whatever a server starts."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                alive = "\nState:\tZ" not in (entry / "status").read_text()
                if alive and marker.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def gone(marker: str, within_s: float = 15) -> bool:
    deadline = time.monotonic() + within_s
    while group_of(marker) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not group_of(marker)
