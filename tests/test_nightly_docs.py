"""What docs/nightly.md shows for Docker, Kubernetes and e-mail is sound YAML that the programs meant would take."""

import argparse
import re
import shlex
from pathlib import Path
from typing import Any

import yaml

from flows.commands.nightly import configure

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "nightly.md").read_text()
# prefect-kubernetes 0.8.0, KubernetesWorker.get_default_base_job_template()["variables"]["properties"]
JOB_VARIABLES = {
    "annotations", "backoff_limit", "cluster_config", "command", "cpu_limit", "cpu_request", "env", "finished_job_ttl",
    "image", "image_pull_policy", "job_watch_timeout_seconds", "labels", "memory_limit", "memory_request", "name",
    "namespace", "pod_watch_timeout_seconds", "service_account_name", "stream_output",
}  # fmt: skip


def _shown(heading: str) -> list[Any]:
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)]


def test_a_kubernetes_job_gets_its_gpus_and_its_home() -> None:
    (deployment,), pod = _shown("Kubernetes")
    module, _, flow = deployment["entrypoint"].partition(":")
    assert f"def {flow}(" in (ROOT / module).read_text()
    variables = deployment["work_pool"]["job_variables"]
    assert set(variables) <= JOB_VARIABLES
    (container,) = pod["containers"]
    assert container["name"] == "prefect-job"  # the one of the template
    wanted, most = container["resources"]["requests"], container["resources"]["limits"]
    assert wanted["nvidia.com/gpu"] == most["nvidia.com/gpu"] == 1  # Kubernetes asks for both alike
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert container["volumeMounts"][0]["mountPath"] == variables["env"]["BABELGATE_HOME"]


def test_a_compose_service_gets_its_gpus() -> None:
    (shown,) = _shown("Docker")
    (device,) = shown["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"] and device["driver"] == "nvidia"
    worker = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]["worker"]
    assert "deploy" not in worker  # where it is put in, nothing is overwritten


def test_prefect_takes_the_automation_and_the_flow_its_parameters() -> None:
    from prefect.events.schemas.automations import AutomationCore

    from flows.nightly import nightly

    parameters, automation = _shown("Who is told")
    nightly.validate_parameters({"suite": "quickstart"} | parameters["parameters"])
    automation["actions"][0]["block_document_id"] = "00000000-0000-4000-8000-000000000000"
    assert AutomationCore.model_validate(automation).actions[0].type == "send-notification"


def test_the_commands_shown_are_there() -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    shown = re.findall(r"^(?:docker compose exec worker )?babelgate nightly ([^#\n]*)", PAGE, re.MULTILINE)
    assert {parser.parse_args(shlex.split(line)).verb for line in shown} == {"serve", "deploy"}
