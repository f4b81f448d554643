"""What docs/gate.md says can be done: its policy loads, and the commands of its recipes run as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flows.cli import main
from tasks.policy import load_policy
from tests.gate_run import Run, pattern, write
from warehouse.home import Home
from warehouse.load import load_parts
from warehouse.publish import publish

TEXT = (Path(__file__).parent.parent / "docs" / "gate.md").read_text()
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.S)]
POLICY = """name: p
min_items: 100
rules:
  - {name: holds, quantity: accuracy, margin: 0.1}
baseline: production
"""


def _scripts() -> dict[str, list[str]]:
    """The shell steps of both recipes, without the installation and the run, which need a model."""
    github = [step["run"] for step in BLOCKS[1]["jobs"]["gate"]["steps"] if "run" in step]
    both = {"github": github, "gitlab": BLOCKS[2]["gate"]["script"]}
    return {name: [s for s in steps if not s.startswith(("pip ", "babelgate run "))] for name, steps in both.items()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    for day, (name, wrong) in enumerate((("base", 30), ("better", 20), ("worse", 150)), 1):
        write(home, Run(name, {"en": pattern(300, wrong)}, day=day))
    load_parts(home)
    publish(home)
    return home


def test_the_policy_of_the_page_loads(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(BLOCKS[0]))
    assert len(load_policy(str(path)).rules) == 5


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["github", "gitlab"])
@pytest.mark.parametrize(("run", "code"), [("better", 0), ("worse", 1)])
def test_the_recipes_run_and_their_exit_code_is_the_decision(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipe: str, run: str, code: int
) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(home.root))
    assert main(["tag", "base", "production"]) == 0
    (tmp_path / "p.yaml").write_text(POLICY)
    env = {**os.environ, "POLICY": str(tmp_path / "p.yaml"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
           "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}  # fmt: skip
    script = "\n".join(_scripts()[recipe]).replace("gate latest", f"gate {run}")
    done = subprocess.run(
        ["bash", "-e", "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert "<testsuites" in (tmp_path / "gate.xml").read_text()
    if recipe == "github":
        assert (tmp_path / "summary.md").read_text().startswith("## GO" if code == 0 else "## NO-GO")
