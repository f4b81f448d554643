"""Four nights for real, without Docker: PostgreSQL, Prefect server, worker, a cron that fires, kill -9, a webhook.

`python -m benchmarks.nightly.real [--output docs/results/nightly.md]`; needs Debian's postgresql.
"""

import argparse
import http.server
import json
import os
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from benchmarks.nightly.stack import ROOT, Stack, children, kill, stack, wait

POLICY = """name: floor
min_items: 20
rules:
  - {name: good-enough, quantity: accuracy, scope: each_language, at_least: 0.3, why: users get wrong sums}
"""
BERLIN = ZoneInfo("Europe/Berlin")


class Hook(http.server.ThreadingHTTPServer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Keeping)
        self.got: list[dict] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Keeping(http.server.BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass
class Night:
    """One night as it was seen."""

    what: str
    state: str
    runs: int
    told: str
    seconds: float


def write_answers(folder: Path, right: bool) -> None:
    """Recorded answers to babel_math in two languages: five of six right, or none."""
    from datasets_cfg.config import load_config
    from tasks.load import load_items

    config = load_config("babel_math")
    rows = []
    for lang in ("en", "th"):
        for number, item in enumerate(load_items(config, lang, None, 60, seed=0)):
            value = item.gold[0] if right and number % 6 else "7777777"
            said = f"{config.languages[lang].marker}: {value}"
            rows.append(json.dumps({"id": item.item_id, "lang": lang, "completion": said}, ensure_ascii=False))
    (folder / "answers.jsonl").write_text("\n".join(rows))


def write_project(folder: Path, at: datetime) -> Path:
    """The project's own prefect.yaml with our suite, a cron that is due at `at`, and our webhooks."""
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "night.yaml").write_text(
        f"name: night\nmodels: [{{name: a, engine: replay, files: {folder}/answers.jsonl, columns: {{lang: lang}}}}]\n"
        "datasets: [babel_math]\nlanguages: [en, th]\nlimit: 60\n"
    )
    project = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    night = next(d for d in project["deployments"] if d["name"] == "nightly")
    night["entrypoint"] = str(ROOT / night["entrypoint"])
    night["parameters"] = {
        "suite": str(folder / "night.yaml"), "policy": str(folder / "policy.yaml"), "home": str(folder / "home"),
        "webhooks": [{"name": form, "format": form, "url_env": f"HOOK_{form.upper()}"} for form in ("json", "slack")],
    }  # fmt: skip
    night["schedules"] = [{"cron": f"{at.minute} {at.hour} * * *", "timezone": "Europe/Berlin"}]
    project["pull"] = [{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}]
    project["deployments"] = [night]
    path = folder / "prefect.yaml"
    path.write_text(yaml.safe_dump(project, sort_keys=False))
    return path


class Nights:
    """Runs nights one after another and notes what became of each."""

    def __init__(self, up: Stack, hooks: tuple[Hook, Hook]) -> None:
        self.up, self.hooks, self.seen = up, hooks, []
        self.deployment = up.api("/deployments/name/nightly/nightly", method="GET")["id"]  # type: ignore[index]

    def newest(self) -> dict:
        """The flow run of this deployment that is or was last under way, or an empty dict."""
        body = {
            "deployments": {"id": {"any_": [self.deployment]}}, "sort": "START_TIME_DESC", "limit": 1,
            "flow_runs": {"state": {"type": {"not_any_": ["SCHEDULED"]}}},
        }  # fmt: skip
        found = self.up.api("/flow_runs/filter", body)
        return found[0] if found else {}  # type: ignore[index]

    def start(self) -> str:
        made = self.up.api(f"/deployments/{self.deployment}/create_flow_run", {"state": {"type": "SCHEDULED"}})
        return made["id"]  # type: ignore[index]

    def state(self, flow_run: str) -> dict:
        return self.up.api(f"/flow_runs/{flow_run}", method="GET")["state"]  # type: ignore[index]

    def see(self, what: str, flow_run: str) -> None:
        """Wait until a night has ended and note it."""
        began, before = time.monotonic(), len(self.hooks[0].got)
        wait(lambda: self.state(flow_run)["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"), what)
        time.sleep(5)  # the worker's hooks come after the state
        if self.state(flow_run)["type"] == "CRASHED":
            wait(lambda: len(self.hooks[0].got) > before, "the message of the crash", 120)
        told = ", ".join(body["event"] for body in self.hooks[0].got[before:]) or "nothing"
        runs = len(list((self.up.folder / "home" / "runs").glob("*")))
        night = Night(what, self.state(flow_run)["name"], runs, told, time.monotonic() - began)
        self.seen.append(night)
        print(night, flush=True)


def four_nights(folder: Path, output: Path | None) -> None:
    hooks = Hook(), Hook()
    env = {f"HOOK_{n}": f"http://127.0.0.1:{h.server_port}/hook" for n, h in zip(("JSON", "SLACK"), hooks, strict=True)}
    with stack(folder, BABELGATE_HOME=str(folder / "home"), PREFECT_LOGGING_LEVEL="INFO", **env) as up:
        print("server is up", flush=True)
        write_answers(folder, right=False)
        due = datetime.now(BERLIN) + timedelta(minutes=4)
        print(up.command("flows.cli", "nightly", "deploy", "--file", str(write_project(folder, due))), flush=True)
        nights = Nights(up, hooks)
        with up.worker("babelgate", "worker-1", "--limit", "1") as worker:
            wait(lambda: nights.newest().get("id"), "the cron to fire")
            first = nights.newest()["id"]
            nights.see("fired by cron; every answer wrong", first)
            fired = up.api(f"/flow_runs/{first}", method="GET")
            nights.see("started by hand; nothing has changed", nights.start())
            write_answers(folder, right=True)
            flow_run = nights.start()
            wait(lambda: len(list((folder / "home" / "parts" / "runs").glob("*"))) == 3, "the third night to land")
            for pid in children(worker.pid):
                kill(pid)
            nights.see("every answer right; its process killed with -9", flow_run)
            nights.see("started again: the same run is continued", nights.start())
        os.environ["BABELGATE_HOME"] = str(folder / "home")
        page = write_page(folder, hooks, nights, fired, due)  # type: ignore[arg-type]
    print(page)
    if output:
        output.write_text(page)


def write_page(folder: Path, hooks: tuple[Hook, Hook], nights: Nights, fired: dict, due: datetime) -> str:
    from warehouse.connect import open_published

    with open_published(folder / "home") as con:
        (rows, distinct) = con.execute("SELECT count(*), count(DISTINCT completion_id) FROM completions").fetchall()[0]
        decided = con.execute("SELECT verdict, count(*) FROM decisions GROUP BY 1 ORDER BY 1").fetchall()
    logs = nights.up.api("/logs/filter", {"logs": {"flow_run_id": {"any_": [fired["id"]]}}, "sort": "TIMESTAMP_ASC"})
    said = [f"{log['timestamp'][11:19]} {' '.join(log['message'].split())[:150]}" for log in logs]  # type: ignore[union-attr]
    lines = [
        "# Nights for real", "",
        "`python -m benchmarks.nightly.real --output docs/results/nightly.md`: the parts of `deploy/compose.yaml`",
        "without Docker. PostgreSQL from Debian's packages, a Prefect server with a password on loopback, one process",
        "worker, `babelgate nightly deploy`, a cron in Europe/Berlin, two webhooks on loopback. 60 items × 2 languages",
        "of recorded answers; the policy asks for 30 % right.", "",
        f"The cron was due at {due:%H:%M} Berlin time; its run began at "
        f"{datetime.fromisoformat(fired['start_time']).astimezone(BERLIN):%H:%M:%S}.", "",
        "| night | Prefect's state | runs so far | told | seconds |", "| --- | --- | ---: | --- | ---: |",
        *(f"| {n.what} | {n.state} | {n.runs} | {n.told} | {n.seconds:.0f} |" for n in nights.seen), "",
        f"Completions in the warehouse: {rows}, distinct: {distinct}. Decisions: "
        + ", ".join(f"{count} × {verdict}" for verdict, count in decided) + ".", "",
        "## What the first message said", "", "```json",
        json.dumps(hooks[0].got[0], ensure_ascii=False, indent=1).replace(str(folder), "…"), "```", "",
        "## The same for Slack", "", "```", str(hooks[1].got[0]["text"]).replace(str(folder), "…"), "```", "",
        "## Log of the night that the cron began", "", "```",
        *(line.replace(str(folder), "…") for line in said),
        "```", "",
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    began = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="nights-") as folder:
        four_nights(Path(folder), arguments.output)
    print(f"{(datetime.now(UTC) - began).total_seconds():.0f} s in all")


if __name__ == "__main__":
    main()
