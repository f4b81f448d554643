"""Shows the front page and the reports on loopback: answers only GET and HEAD, and opens no path that it is given."""

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tasks.report import build_index, build_report
from tasks.report.read import read_runs
from tasks.schema import UserError
from warehouse.home import NAME, WarehouseError

_PAGE = re.compile(rf"/({NAME.pattern})\.html")
_HOSTS = re.compile(r"(127\.0\.0\.1|localhost)(:\d+)?")


class ReportServer(ThreadingHTTPServer):
    """A server of one home on 127.0.0.1; a page is made when it is asked for, from what is published then."""

    daemon_threads = True

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        super().__init__(("127.0.0.1", port), _Handler)

    def page(self, path: str) -> str | None:
        """The HTML at a path: '/' is the front page, '/RUN.html' a report, None is anything else."""
        if path in ("/", "/index.html"):
            return build_index(self.home, [run.run_id for run in read_runs(self.home)])
        match = _PAGE.fullmatch(path)
        try:
            return build_report(self.home, match[1]) if match else None
        except UserError:
            return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        # Another site may point its own name at 127.0.0.1: only requests that name loopback are ours.
        if not _HOSTS.fullmatch(self.headers.get("Host", "")):
            return self._answer(403, "<!doctype html><title>403</title>only for loopback")
        assert isinstance(self.server, ReportServer)
        try:
            html = self.server.page(self.path.partition("?")[0])
        except WarehouseError as error:
            return self._answer(503, str(error), "text/plain")
        return self._answer(200, html) if html else self._answer(404, "there is no such page", "text/plain")

    do_HEAD = do_GET

    def _answer(self, status: int, text: str, kind: str = "text/html") -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(body)), "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
        }.items():  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged: what people read is theirs."""


def serving(home: Path, port: int) -> ReportServer:
    """A server that is bound and not yet running; UserError where the port is taken."""
    try:
        return ReportServer(home, port)
    except (OSError, OverflowError) as error:
        raise UserError(f"port {port} on 127.0.0.1 cannot be used: {error}; --port 0 takes a free one") from error
