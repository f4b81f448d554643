"""Nights without a server: every deployment loads, the compose file is sound, and of changes each is told once."""

import asyncio
import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.cli import main
from tasks.news import News, State, Verdict, document, message, slack, states
from tasks.notify import Destination, Webhook, tell

ROOT = Path(__file__).parent.parent
DEPLOYMENTS = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
SERVICES = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: d["name"])
def test_every_deployment_loads_and_its_parameters_are_those_of_its_flow(deployment: dict[str, Any]) -> None:
    import jsonschema
    from prefect.client.schemas.objects import ConcurrencyLimitStrategy
    from prefect.client.schemas.schedules import CronSchedule
    from prefect.flows import load_flow_from_entrypoint
    from prefect.utilities.callables import parameter_schema

    flow = load_flow_from_entrypoint(str(ROOT / deployment["entrypoint"]), use_placeholder_flow=False)
    given = deployment.get("parameters", {})
    schema = parameter_schema(flow).model_dump()
    needed = {} if deployment["name"] != "gpu" else {"run_id": "r", "model": "m", "spent": {}}  # the run gives these
    jsonschema.validate(needed | given, {k: v for k, v in schema.items() if v is not None})
    assert set(given) <= set(schema["properties"])
    flow.validate_parameters(needed | given)
    for schedule in deployment.get("schedules", []):
        assert CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"]).timezone == schedule["timezone"]
    if deployment["name"] != "gpu":  # models of different runs may share a GPU machine's worker one after another
        limit = deployment["concurrency_limit"]
        assert (limit["limit"], ConcurrencyLimitStrategy(limit["collision_strategy"])) is not None and limit[
            "limit"
        ] == 1


def test_deployments_have_no_anchors_and_name_what_they_are() -> None:
    text = (ROOT / "prefect.yaml").read_text()
    assert not [line for line in text.splitlines() if ": *" in line or ": &" in line or "<<:" in line]
    assert {d["name"] for d in DEPLOYMENTS} >= {"nightly", "gate", "report"}


def test_a_wrong_parameter_is_refused_before_a_night_begins() -> None:
    from prefect.exceptions import ParameterTypeError

    from flows.nightly import nightly

    with pytest.raises(ParameterTypeError, match="one of the two"):
        nightly.validate_parameters({"suite": "quickstart", "webhooks": [{"format": "slack"}]})


def test_the_compose_file_holds_together() -> None:
    volumes = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["volumes"]
    assert set(SERVICES) == {"postgres", "server", "worker"}
    for service in SERVICES.values():
        assert ("image" in service) != ("build" in service)
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        assert {mount.split(":")[0] for mount in service.get("volumes", [])} <= set(volumes)
        for needed, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"} and SERVICES[needed]["healthcheck"]["test"]
        for value in service["environment"].values():
            assert isinstance(value, str), "compose wants text: quote it"
    assert SERVICES["server"]["ports"] == ["127.0.0.1:4200:4200"], "never open to the network"
    build = SERVICES["worker"]["build"]
    dockerfile = ROOT / "deploy" / build["context"] / build["dockerfile"]
    assert dockerfile.is_file()
    for line in dockerfile.read_text().splitlines():
        if line.startswith("COPY requirements"):
            assert (ROOT / "requirements" / "run.txt").is_file()
    pool = SERVICES["worker"]["command"].split("--pool ")[1].split()[0]
    assert pool in {d["work_pool"]["name"] for d in DEPLOYMENTS}


def test_prefect_takes_every_setting_of_the_compose_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from prefect.settings import Settings
    from prefect.settings.legacy import _get_settings_fields

    known = set(_get_settings_fields(Settings)) | {"PREFECT_AUTH"}
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if name.startswith("PREFECT_"):
                assert name in known
                monkeypatch.setenv(name, value)
    vacuum = Settings().server.services.db_vacuum
    assert vacuum.enabled == {"events", "flow_runs"} and vacuum.retention_period.days == 30
    assert Settings().server.events.retention_period.days == 7


def _news(a: str, b: str = "GO", trouble: str = "") -> News:
    verdicts = (Verdict("a", a, ("too weak in sw <b>",)), Verdict("b", b))  # type: ignore[arg-type]
    return News("night", "night-1", "2026-11-22T02:00:00+00:00", verdicts, (trouble,) if trouble else ())


NIGHTS = [
    # what the night came to → the event that is told, or None where nothing has changed, and the title's end
    (_news("GO"), None, ""),
    (_news("NO-GO"), "NO-GO", "night: NO-GO for a"),
    (_news("NO-GO"), None, ""),
    (_news("NO-GO", "INCONCLUSIVE"), "INCONCLUSIVE", "night: INCONCLUSIVE for b"),
    (_news("NO-GO", "INCONCLUSIVE", "disk full"), "INFRASTRUCTURE", "night: the night failed: disk full"),
    (_news("GO", "GO", "disk full"), None, ""),
    (_news("NO-GO"), "RECOVERED", "night: the night, b recovered; a is still NO-GO"),
    (_news("INCONCLUSIVE"), "INCONCLUSIVE", "night: INCONCLUSIVE for a"),
    (_news("GO"), "RECOVERED", "night: a recovered"),
    (_news("GO"), None, ""),
]


def test_one_message_a_change_of_state() -> None:
    told: dict[str, State] = {}
    for number, (news, event, title) in enumerate(NIGHTS):
        found = message(news, told)
        assert ((found.event, found.title) if found else None) == ((event, title) if event else None), number
        told = states(news, told)


def test_the_payloads() -> None:
    found = message(_news("NO-GO"), {})
    assert found is not None
    assert json.loads(json.dumps(document(found))) == {
        "event": "NO-GO", "title": "night: NO-GO for a", "suite": "night", "run_id": "night-1",
        "at": "2026-11-22T02:00:00+00:00", "changes": [{"subject": "a", "state": "NO-GO", "was": "GO"}],
        "verdicts": [{"model": "a", "outcome": "NO-GO", "reasons": ["too weak in sw <b>"]},
                     {"model": "b", "outcome": "GO", "reasons": []}],
        "trouble": [], "baseline": "", "report": "",
    }  # fmt: skip
    text = str(slack(found)["text"])
    assert text.startswith("*night: NO-GO for a*") and "too weak in sw &lt;b&gt;" in text


class _Hook(http.server.ThreadingHTTPServer):
    """A webhook that answers what it is told to and keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.got = [200], []
        self.url = f"http://127.0.0.1:{self.server_port}/hook"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.status.pop(0) if len(self.server.status) > 1 else self.server.status[0]
        if status == 200:
            self.server.got.append(json.loads(body))
        self.send_response(status)
        self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[_Hook]:
    with _Hook() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _tell(home: Path, news: News, url: str, form: str = "json") -> tuple[str, bool, str]:
    webhook = Webhook.model_validate({"name": form, "format": form, "url_env": "X"})
    (delivery,) = asyncio.run(tell(home, news, [Destination(webhook, url)], wait_s=0.01))
    return delivery.event, delivery.sent, delivery.reason


def test_a_webhook_hears_of_a_change_once_also_after_a_restart(tmp_path: Path, hook: _Hook) -> None:
    assert _tell(tmp_path, _news("NO-GO"), hook.url) == ("NO-GO", True, "")
    assert _tell(tmp_path, _news("NO-GO"), hook.url) == ("", False, "")
    assert _tell(tmp_path, _news("NO-GO"), hook.url, "slack") == ("NO-GO", True, ""), "each webhook has its own memory"
    assert [set(body) == {"text"} for body in hook.got] == [False, True]
    (tmp_path / "notified" / "night@json.json").write_text("{torn")
    assert _tell(tmp_path, _news("NO-GO"), hook.url) == ("NO-GO", True, ""), "rather twice than never"


@pytest.mark.parametrize(
    ("statuses", "attempts_left", "reason"),
    [
        ([500, 503, 200], 0, ""),
        ([500], 1, "HTTP 500"),
        ([404, 200], 1, "HTTP 404"),
        ([302, 200], 1, "HTTP 302"),
    ],
)
def test_what_a_webhook_answers(
    tmp_path: Path, hook: _Hook, statuses: list[int], attempts_left: int, reason: str
) -> None:
    hook.status = list(statuses)
    assert _tell(tmp_path, _news("NO-GO"), hook.url) == ("NO-GO", not reason, reason)
    assert len(hook.status) == max(1, attempts_left)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/secret", "no address", "", "http://name.invalid/secret"])
def test_a_webhook_that_is_down_fails_nothing_and_is_told_the_next_night(tmp_path: Path, hook: _Hook, url: str) -> None:
    event, sent, reason = _tell(tmp_path, _news("NO-GO"), url)
    assert (event, sent) == ("NO-GO", False) and reason and "secret" not in reason
    assert _tell(tmp_path, _news("NO-GO"), hook.url) == ("NO-GO", True, "")


def test_addresses_are_not_printed() -> None:
    webhook = Webhook(url_env="X")
    assert "secret" not in repr(Destination(webhook, "https://hooks.example/secret"))


def test_a_night_that_was_cut_off_is_continued_and_a_whole_one_is_not(tmp_path: Path) -> None:
    from tasks.engines import EngineContext
    from tasks.land import land_run
    from tasks.night import end, load_chosen, tonight

    (tmp_path / "answers.jsonl").write_text('{"id": "1", "completion": "5"}\n')
    (tmp_path / "n.yaml").write_text(
        f"name: n\nmodels: [{{name: a, engine: replay, files: {tmp_path}/answers.jsonl}}]\n"
        "datasets: [babel_math]\nlanguages: [en]\nlimit: 2\n"
    )
    suite, context = load_chosen(str(tmp_path / "n.yaml"), None), EngineContext(tmp_path / "home", None, {})
    first = tonight(suite, "default", context)
    assert tonight(suite, "default", context) == first, "killed before its first part"
    land_run(context.home, first, "complete")
    assert tonight(suite, "default", context) == first, "answered, but not decided and told"
    end(context.home, first)
    for status, continued in (("running", True), ("partial", True), ("failed", True), ("complete", False)):
        land_run(context.home, first, status)  # type: ignore[arg-type]
        assert (tonight(suite, "default", context).run_id == first.run_id) == continued, status
    second = tonight(suite, "default", context)
    assert second.run_id != first.run_id and second.kind == "nightly"
    other = load_chosen(str(tmp_path / "n.yaml"), 1)
    assert tonight(other, "default", context).run_id not in {first.run_id, second.run_id}, (
        "another limit is another night"
    )
    record = context.home / "runs" / second.run_id / "run.json"
    record.write_text(record.read_text().replace(second.started_at, "2026-01-01T02:00:00+00:00"))
    assert tonight(suite, "default", context).run_id != second.run_id, "too long ago"


def test_another_machine_beats_while_it_works_and_leaves_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks import dispatch
    from tasks.budget import Spent
    from tasks.finish import ModelOutcome
    from tasks.land import Landed
    from tasks.plan import Shard

    monkeypatch.setattr(dispatch, "BEAT_S", 0.02)
    outcome = ModelOutcome("m", (Landed(Shard("m", "d", "th"), 4, 3, 1),), ("m: lost one",), Spent(4, 100, 0.5))
    with dispatch.at_work(tmp_path, "run-1", "m", "flow-1") as deliver:
        first = dispatch._heard(tmp_path, "run-1", "m")
        deadline = time.monotonic() + 120
        while dispatch._heard(tmp_path, "run-1", "m") == first:
            assert time.monotonic() < deadline, "it does not beat"
        assert dispatch._heard(tmp_path, "run-1", "m").startswith(b"flow-1 ")
        assert dispatch._word(tmp_path, "run-1", "m", "flow-1") is None
        deliver(outcome)
    assert dispatch._word(tmp_path, "run-1", "m", "flow-1") == outcome
    assert dispatch._word(tmp_path, "run-1", "m", "flow-2") is None, "what an earlier flow run said does not count"
    last = dispatch._heard(tmp_path, "run-1", "m")
    time.sleep(0.1)
    assert dispatch._heard(tmp_path, "run-1", "m") == last, "silent when done"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serve"], "name the suite"),
        (["serve", "quickstrat"], "did you mean 'quickstart'"),
        (["serve", "quickstart", "--webhook", "teams:X"], "neither json:VARIABLE nor slack:VARIABLE"),
        (["serve", "quickstart", "--webhook", "json:NOT_SET_ANYWHERE"], "NOT_SET_ANYWHERE is not set"),
        (["deploy"], "PREFECT_API_URL is not set"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    assert main(["nightly", *words]) == 64
    assert said in capsys.readouterr().err
