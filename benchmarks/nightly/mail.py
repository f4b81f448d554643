"""E-mail of a night that failed, and a key out of a Secret block, with a real Prefect server and a real worker.

`python -m benchmarks.nightly.mail [--output PAGE]`. The mail goes over SMTP to a server of a few lines; the model
server answers only who has the key, which no file and no variable of the run or the worker holds.
"""

import argparse
import email
import email.policy
import json
import re
import secrets
import socketserver
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import yaml
from aiohttp import web

from benchmarks.load.null_server import ANSWER
from benchmarks.nightly.stack import ROOT, Stack, stack, wait
from tasks.engines.process import free_port


class Mailbox(socketserver.ThreadingTCPServer):
    """Takes mail over SMTP (RFC 5321, the commands that a client must have answered) and keeps it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Letter)
        self.got: list[bytes] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Letter(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._say("220 mailbox")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self._say("354 go on")
                self.server.got.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            self._say("221 bye" if word == b"QUIT" else "250 ok")
            if word == b"QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class Locked:
    """A model server in a thread that answers who has the key and counts who has not."""

    def __init__(self, key: str) -> None:
        self.key, self.port, self.counts = key, free_port(), {"answered": 0, "refused": 0}
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        web.run_app(app, host="127.0.0.1", port=self.port, handle_signals=False, print=lambda *_: None)

    async def _answer(self, request: web.Request) -> web.Response:
        right = request.headers.get("Authorization") == f"Bearer {self.key}"
        self.counts["answered" if right else "refused"] += 1
        return web.json_response(ANSWER) if right else web.json_response({"error": "no"}, status=401)


def save_blocks(up: Stack, key: str, mail: str) -> str:
    """The Secret and the mail block, as the docs make them; the mail block's id."""
    code = (
        "import sys\nfrom prefect.blocks.notifications import SlackWebhook\n"
        "from prefect.blocks.system import Secret\nSecret(value=sys.argv[1]).save('model-key')\n"
        "print(SlackWebhook(url=sys.argv[2]).save('tell-by-mail'))\n"
    )
    (up.folder / "blocks.py").write_text(code)

    words = [sys.executable, str(up.folder / "blocks.py"), key, mail]
    done = subprocess.run(words, env=up.env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.split()[-1]


def write_project(folder: Path, port: int) -> tuple[Path, Path]:
    """The project's `gpu` deployment, and a night that cannot begin."""
    project = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    away, night = (next(d for d in project["deployments"] if d["name"] == name) for name in ("gpu", "nightly"))
    for each in (away, night):
        each["entrypoint"] = str(ROOT / each["entrypoint"])
        each["work_pool"] = {"name": "gpu"}
    night |= {"schedules": [], "parameters": {"suite": "no-such-suite"}}
    project["deployments"] = [away, night]
    project["pull"] = [{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}]
    (folder / "prefect.yaml").write_text(yaml.safe_dump(project, sort_keys=False))
    model = {"name": "m", "engine": "openai", "model": "m", "base_url": f"http://127.0.0.1:{port}/v1",
             "key_env": "MODEL_KEY", "pool": "gpu"}  # fmt: skip
    suite = {"name": "locked", "models": [model], "datasets": ["babel_math"], "languages": ["en", "th"], "limit": 10}
    (folder / "locked.yaml").write_text(yaml.safe_dump(suite))
    return folder / "prefect.yaml", folder / "locked.yaml"


def name_secret(up: Stack) -> None:
    """The key's block in the pool's template, where it stays a name; `prefect deploy` would store what it holds."""

    def template() -> dict:
        return up.api("/work_pools/gpu", method="GET")["base_job_template"]  # type: ignore[index]

    wait(template, "the worker to give the pool its template")
    changed = template()
    changed["variables"]["properties"]["env"]["default"] = {"MODEL_KEY": "{{ prefect.blocks.secret.model-key }}"}
    up.api("/work_pools/gpu", {"base_job_template": changed}, method="PATCH")


def automation(block: str) -> dict:
    """The automation that docs/nightly.md shows, with the block's id."""
    text = (ROOT / "docs" / "nightly.md").read_text()
    shown = yaml.safe_load(re.findall(r"```yaml\n(name: tell by e-mail.*?)```", text, re.DOTALL)[0])
    shown["actions"][0]["block_document_id"] = block
    return shown


def holders(folder: Path, key: str) -> list[str]:
    """Every file below a folder in which the key can be read."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(str(path.relative_to(folder)) for path in files if key.encode() in path.read_bytes())


def columns(database: Path, key: str) -> list[str]:
    """Every column of Prefect's database in which the key can be read."""
    found: list[str] = []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as con:
        for (table,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for _, column, *_ in con.execute(f'PRAGMA table_info("{table}")').fetchall():
                holds = f'SELECT count(*) FROM "{table}" WHERE instr(CAST("{column}" AS TEXT), ?)'
                found += [f"{table}.{column}"] if con.execute(holds, (key,)).fetchone()[0] else []
    return found


def see(folder: Path) -> str:
    """Do it, and say in a page what was seen."""
    mailbox, key = Mailbox(), f"sk-{secrets.token_hex(16)}"
    locked = Locked(key)
    mail = f"mailto://127.0.0.1:{mailbox.server_address[1]}?from=night@example.org&to=team@example.org"
    with stack(folder, database="sqlite", BABELGATE_HOME=str(folder / "home")) as up:
        block = save_blocks(up, key, mail)
        (folder / "blocks.py").unlink()
        project, suite = write_project(folder, locked.port)
        up.command("flows.cli", "nightly", "deploy", "--file", str(project))
        (folder / "tell.yaml").write_text(yaml.safe_dump(automation(block)))
        up.command("prefect", "automation", "create", "--from-file", str(folder / "tell.yaml"))
        with up.worker("gpu", "worker-1", "--limit", "2"):
            name_secret(up)
            up.command("prefect", "deployment", "run", "nightly/nightly")
            said = json.loads(up.command("flows.cli", "run", str(suite), "--json"))
            wait(lambda: mailbox.got, "the mail")
            time.sleep(10)  # events reach the database late
        stored = columns(folder / "prefect" / "prefect.db", key)
    answered = sum(row["answered"] for row in said["results"])
    return page(mailbox.got[0], answered, locked.counts, holders(folder, key), stored)


def page(letter: bytes, answered: int, counts: dict[str, int], found: list[str], stored: list[str]) -> str:
    parsed = email.message_from_bytes(letter, policy=email.policy.default)
    body = parsed.get_body(("plain", "html"))
    text = body.get_content().strip() if body else ""
    return "\n".join([
        "## A mail, and a key out of a Secret block", "",
        "`python -m benchmarks.nightly.mail`: a Prefect server and a process worker on loopback. The automation of",
        "docs/nightly.md writes to an SMTP server of a few lines when a night fails (here its suite is not there):", "",
        "```", *(f"{name}: {parsed[name]}" for name in ("From", "To", "Subject")), "", text, "```", "",
        "At the same time a run sends its model to the pool. The model's server answers only who has the key, and the",
        "key is only in a Prefect Secret block that the pool's template names: "
        f"{answered} of 20 items answered, {counts['refused']} requests refused for their key.",
        f"Files under the home, the logs and Prefect's own folder in which the key can be read: {len(found)}"
        f"{' (' + ', '.join([*found, *stored]) + ')' if found else ''}.", "",
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mail-", ignore_cleanup_errors=True) as folder:
        text = see(Path(folder))
    if arguments.output:
        arguments.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
