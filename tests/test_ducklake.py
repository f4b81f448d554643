"""The same parts in a DuckLake: every view as in the published file, every part once, whoever dies; and under s3://."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.nightly.stack import started, wait
from tasks.engines.process import free_port
from tests.small_run import MODEL, empty_home, rescore, write_both, write_run, write_shard
from warehouse.compact import compact
from warehouse.connect import open_published
from warehouse.home import Home
from warehouse.load import load_parts
from warehouse.parts import write_part
from warehouse.publish import publish
from warehouse.schemas import arrow_table

ROOT = Path(__file__).parent.parent
LATER = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
TAG = {"tag": "production", "model_id": MODEL, "set_at": LATER, "set_by": "Grace"}
SPEC = importlib.util.spec_from_file_location("ducklake_race", ROOT / "benchmarks" / "warehouse" / "ducklake_race.py")
assert SPEC and SPEC.loader
racing = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = racing  # its dataclass looks itself up there
SPEC.loader.exec_module(racing)

pytestmark = [
    pytest.mark.ducklake,
    pytest.mark.skipif(not racing.PYTHON.is_file(), reason="no .venv-ducklake: build it with scripts/ducklake-env"),
    pytest.mark.skipif(not racing.PROGRAMS, reason="PostgreSQL is not installed"),
]
EXAMPLES = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "sql.md").read_text(encoding="utf-8"), re.DOTALL)
GUIDE = (ROOT / "docs" / "ducklake.md").read_text(encoding="utf-8")
ASK = """import json, sys
from warehouse.ducklake.lake import lake_at, open_lake
from warehouse.ducklake.ledger import open_ledger
with open_ledger("") as ledger:
    con = open_lake(lake_at("postgres:", sys.argv[1]), ledger)
json.dump([con.execute(query).fetchall() for query in json.load(sys.stdin)], sys.stdout, default=str)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("pg")
    for parent in [folder, *list(folder.parents)[:3]]:
        if parent.stat().st_uid == os.getuid() and parent != Path(tempfile.gettempdir()):
            parent.chmod(0o755)  # the server runs as somebody else
    with racing.catalogue(folder) as env:
        yield env


def ask(env: dict[str, str], data: Path | str, queries: list[str]) -> list[list[list[object]]]:
    words = [str(racing.PYTHON), "-c", ASK, str(data)]
    done = subprocess.run(words, input=json.dumps(queries), env=env, cwd=ROOT, capture_output=True, text=True,
                          timeout=480)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def alike(rows: object) -> list[str]:
    """Rows to be compared whatever their order, and but for the last digits of a sum."""
    plain = json.loads(json.dumps(rows, default=str), parse_float=lambda text: f"{float(text):.9g}")
    return sorted(json.dumps(row) for row in plain)


def register(env: dict[str, str], home: Home, data: Path | str, command: str = "register") -> str:
    done = racing.lake(env, command, str(home.root), data=data)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def count(home: Home) -> int:
    return len(list(home.parts.rglob("*.parquet")))


def test_every_view_says_what_the_published_file_says(server: dict[str, str], tmp_path: Path) -> None:
    home, env, data = empty_home(tmp_path / "home"), racing.database(server, "views"), tmp_path / "data"
    write_both(home)
    parts = count(home)
    assert register(env, home, data).startswith(f"{parts} parts registered (0 replaced), 0 known")
    rescore(home, "r1", "sw", [1, 1, 0, 0], at=LATER, version="2")  # a second reading beside the first
    write_part(home, "tags", "r1", "production", arrow_table("tags", [TAG]))  # a part that replaces one
    assert register(env, home, data).startswith(f"2 parts registered (1 replaced), {parts - 1} known")
    load_parts(home)
    publish(home)
    with open_published(home) as con:
        expected = [con.execute(query).fetchall() for query in EXAMPLES]
    found = ask(env, data, EXAMPLES)
    different = [q for q, lake, file in zip(EXAMPLES, found, expected, strict=True) if alike(lake) != alike(file)]
    assert different == []
    assert compact(home)
    assert register(env, home, data).startswith("0 parts registered"), "a compacted part is what it is made of"
    assert "as it should be" in register(env, home, data, "check")
    assert len(list(data.rglob("*.parquet"))) > parts, "the lake has files of its own, and keeps them"


def test_eight_writers_at_once_with_one_killed_bring_every_part_once(server: dict[str, str], tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    racing.write_parts(home, 4)
    loose = racing.race(home, racing.database(server, "loose"), tmp_path / "loose", guarded=False, kill=False)
    assert loose.shards_twice > 0 and loose.completions_twice > 0, "without the key the race is there"
    held = racing.race(home, racing.database(server, "held"), tmp_path / "held", guarded=True, kill=True)
    assert held.killed >= 0
    assert (held.shards, held.shards_twice) == (held.parts, 0)
    assert (held.completions, held.completions_twice) == (held.rows, 0)
    assert held.problems == ""


def test_the_same_part_twice_fails_in_the_commit_itself(server: dict[str, str], tmp_path: Path) -> None:
    """What holds where a dead writer's last commit is still under way: the key in DuckLake's own transaction."""
    home, env = empty_home(tmp_path / "home"), racing.database(server, "once")
    write_shard(home, "r1", "en")
    register(env, home, tmp_path / "data")
    again = (
        "INSERT INTO ducklake_data_file SELECT (jsonb_populate_record(f, '{\"data_file_id\": 999999}')).* "
        "FROM ducklake_data_file f WHERE path LIKE '%.g1-%' LIMIT 1"
    )
    with pytest.raises(subprocess.CalledProcessError) as refused:
        racing.ask(env, again)
    assert "babelgate_once" in refused.value.stderr


def test_a_password_is_taken_from_the_environment_only(server: dict[str, str], tmp_path: Path) -> None:
    catalogs = {
        "postgres:dbname=lake password=hunter2": "PGPASSFILE",
        "postgres:postgresql://ada:hunter2@localhost/lake": "PGPASSFILE",
        "postgres:dbname=there_is_none": "cannot reach the catalogue",
        "sqlite:lake.db": "given as postgres:",
    }
    code = (
        "import sys; from warehouse.ducklake.__main__ import main; home, *catalogs = sys.argv[1:]\n"
        "for each in catalogs: print(main(['check', home, '--catalog', each, '--data', home]))"
    )
    words = [str(racing.PYTHON), "-c", code, str(tmp_path), *catalogs]
    done = subprocess.run(words, env=server, cwd=ROOT, capture_output=True, text=True, timeout=240)
    said = done.stderr.splitlines()
    assert (done.stdout.split(), len(said)) == (["64"] * len(catalogs), len(catalogs)), done.stderr
    assert all(reason in line for reason, line in zip(catalogs.values(), said, strict=True))
    assert "hunter2" not in done.stderr


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A server that speaks S3, with the bucket `lake`; the environment in which httpfs finds it."""
    port = free_port()
    words = [str(racing.PYTHON.with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    with started(words, tmp_path / "s3.log", dict(os.environ)):
        wait(lambda: _made(f"http://127.0.0.1:{port}/lake"), "the S3 server", 240)
        yield {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
               "DUCKDB_S3_ENDPOINT": f"127.0.0.1:{port}", "DUCKDB_S3_USE_SSL": "false"}  # fmt: skip


def _made(url: str) -> bool:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=30) as reply:
            return reply.status == 200
    except (urllib.error.URLError, OSError):
        return False


def test_the_data_may_lie_under_s3(server: dict[str, str], bucket: dict[str, str], tmp_path: Path) -> None:
    home, env = empty_home(tmp_path / "home"), racing.database(server, "objects") | bucket
    write_run(home, "r1")
    assert register(env, home, "s3://lake/nights").startswith(f"{count(home)} parts registered")
    assert "as it should be" in register(env, home, "s3://lake/nights", "check")
    listing = f"http://{bucket['DUCKDB_S3_ENDPOINT']}/lake?list-type=2"
    with urllib.request.urlopen(listing, timeout=60) as reply:
        keys = re.findall(r"<Key>nights/parts/(\w+)/", reply.read().decode())
    assert {"completions", "completion_text", "scores", "samples_rows"} <= set(keys)


def test_the_commands_of_the_guide_run(server: dict[str, str], tmp_path: Path) -> None:
    env = server | {"PYTHONPATH": str(ROOT), "PATH": f"{racing.PROGRAMS[-1]}:{os.environ['PATH']}"}
    write_both(empty_home(tmp_path / ".babelgate"))
    (tmp_path / ".venv-ducklake").symlink_to(racing.PYTHON.parent.parent)
    (block,) = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    first, *lines = block.splitlines()
    assert first == "scripts/ducklake-env" and (ROOT / first).is_file()
    for line in lines:
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=480)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    words = [str(racing.PYTHON), "-c", code]
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0 and "exact_match" in done.stdout, done.stderr
