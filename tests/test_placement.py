"""Who starts when: GPUs and shares of them, one model after another or side by side; servers are real processes."""

import asyncio
import sys
from pathlib import Path

import pytest

from tasks.budget import Spent
from tasks.engines import EngineContext, EngineError
from tasks.engines.devices import Devices, visible, wanted
from tasks.engines.vllm import flags, start_timeout_s
from tasks.placement import Host, lone_host
from tasks.schema import UserError
from tasks.suite import Placement, Replay, Suite, Vllm

# Stands in for vLLM: takes its flags, says who it is and which GPUs it sees.
SERVER = """
import http.server, os, sys
flag = dict(zip(sys.argv, sys.argv[1:]))
if flag["--served-model-name"] == "broken":
    sys.exit("ValueError: broken")
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b'{"version": "9"}')
print("sees", os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
http.server.HTTPServer(("127.0.0.1", int(flag["--port"])), Page).serve_forever()
"""


def vllm(name: str, **settings: object) -> Vllm:
    return Vllm.model_validate({"name": name, "engine": "vllm", "model": "none"} | settings)


VISIBLE = [({"CUDA_VISIBLE_DEVICES": "0, 3"}, ("0", "3")), ({"CUDA_VISIBLE_DEVICES": ""}, ()),
           ({"CUDA_VISIBLE_DEVICES": "-1"}, ()), ({"CUDA_VISIBLE_DEVICES": "GPU-ab12"}, ("GPU-ab12",))]  # fmt: skip


@pytest.mark.parametrize(("env", "names"), VISIBLE)
def test_gpus_that_may_be_used(env: dict[str, str], names: tuple[str, ...]) -> None:
    assert visible(env) == names


WANTED = [({}, 1), ({"tensor_parallel_size": 4}, 4), ({"tensor_parallel_size": 2, "data_parallel_size": 2}, 4),
          ({"gpus": 0.45}, 0.45), ({"gpus": 1.0}, 1)]  # fmt: skip


@pytest.mark.parametrize(("settings", "gpus"), WANTED)
def test_gpus_that_a_model_takes(settings: dict[str, object], gpus: float) -> None:
    assert wanted(vllm("m", **settings)) == gpus
    assert wanted(Replay(name="r", engine="replay", files="x")) == 0


@pytest.mark.parametrize("settings", [{"gpus": 0.5, "tensor_parallel_size": 2}, {"gpus": 1.5}, {"gpus": 2.0}])
def test_gpus_that_do_not_go_with_the_parallel_sizes(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="its parallel sizes need"):
        vllm("m", **settings)


def test_settings_become_flags() -> None:
    words = " ".join(flags(vllm("m", gpus=0.4), "/m", 1))
    assert "--gpu-memory-utilization 0.4" in words and "parallel" not in words
    words = " ".join(flags(vllm("m", gpus=0.4, gpu_memory_utilization=0.3, args=("--x",)), "/m", 1))
    assert "--gpu-memory-utilization 0.3" in words and words.endswith("--x")
    assert "--data-parallel-size 2" in " ".join(flags(vllm("m", data_parallel_size=2), "/m", 1))


def test_a_start_may_take_as_long_as_the_model_is_large(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    assert start_timeout_s(vllm("m"), str(tmp_path)) == 600
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(15 << 30)  # sparse
    assert start_timeout_s(vllm("m"), str(tmp_path)) == 750
    assert start_timeout_s(vllm("m"), "owner/name") == 3600
    assert start_timeout_s(vllm("m", start_timeout_s=5.0), str(tmp_path)) == 5


# What two GPUs give, in the order asked: shares fill one before the next is touched, whole ones wait for whole ones.
GIVEN = [
    ([0.4, 0.4, 0.4], [("0",), ("0",), ("1",)]),
    ([1, 0.5, 0.5], [("0",), ("1",), ("1",)]),
    ([2], [("0", "1")]),
    ([0, 2], [(), ("0", "1")]),
]


@pytest.mark.parametrize(("needs", "names"), GIVEN)
def test_what_is_given(needs: list[float], names: list[tuple[str, ...]]) -> None:
    async def main() -> list[tuple[str, ...]]:
        devices, given = Devices(("0", "1")), []
        async with asyncio.timeout(5):
            stack = [devices.held(need) for need in needs]
            for one in stack:
                given.append((await one.__aenter__()).names)
            for one in stack:
                await one.__aexit__(None, None, None)
        assert devices.fits(2)
        return given

    assert asyncio.run(main()) == names


def test_who_comes_first_goes_first() -> None:
    async def main() -> list[str]:
        devices, order = Devices(("0",)), []

        async def take(name: str, need: float) -> None:
            async with devices.held(need):
                order.append(name)
                await asyncio.sleep(0.01)

        async with asyncio.timeout(5):
            # The small one could go beside the first, but not before the large one that was there earlier.
            await asyncio.gather(take("a", 0.6), take("large", 1), take("small", 0.3))
        return order

    assert asyncio.run(main()) == ["a", "large", "small"]


def test_more_gpus_than_there_are() -> None:
    with pytest.raises(UserError, match=r"model 'm' wants 4 GPUs, there are 2 \(0, 1\)"):
        Host([vllm("m", tensor_parallel_size=4)], "sequence", ("0", "1"))
    Host([vllm("m", tensor_parallel_size=4)], "sequence", ())  # a machine without any says so itself


def run(tmp_path: Path, models: list[Vllm], placement: Placement, gpus: tuple[str, ...]) -> list[str]:
    """What happens when three models are served: each drains after a moment, and ends a moment later."""
    python, code, events = tmp_path / "python", tmp_path / "server.py", []
    code.write_text(SERVER)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {code} "$@"\n')
    python.chmod(0o755)
    context = EngineContext(home=tmp_path, data_dir=None, env={"PATH": "/usr/bin:/bin"})

    async def one(host: Host, model: Vllm) -> None:
        model = model.model_copy(update={"python": str(python)})
        try:
            async with host.serve(model, context):
                events.append(f"{model.name} answers")
                await asyncio.sleep(0.3)
                events.append(f"{model.name} drains")
                host.draining(model)
                await asyncio.sleep(2.5)
                events.append(f"{model.name} ends")
        except EngineError:
            events.append(f"{model.name} fails")

    async def main() -> None:
        host = Host(models, placement, gpus)
        async with asyncio.timeout(60):
            await asyncio.gather(*(one(host, model) for model in models))

    asyncio.run(main())
    return events


def logs(tmp_path: Path) -> dict[str, str]:
    return {path.name.split("-")[0]: path.read_text().splitlines()[0] for path in (tmp_path / "logs").glob("*.log")}


def ready_before(tmp_path: Path, later: str, earlier: str) -> bool:
    """Whether one server's start was begun before another's log was last written to or its process ended."""
    made = {path.name.split("-")[0]: path.stat() for path in (tmp_path / "logs").glob("*.log")}
    return made[later].st_mtime < made[earlier].st_mtime + 2.4


@pytest.mark.slow
def test_in_sequence_the_next_server_warms_while_the_last_shard_drains(tmp_path: Path) -> None:
    models = [vllm("a", gpus=0.45), vllm("b", gpus=0.45), vllm("c", gpus=0.45)]
    events = run(tmp_path, models, "sequence", ("0",))
    assert events == [f"{name} {what}" for name in "abc" for what in ("answers", "drains", "ends")]
    assert logs(tmp_path) == dict.fromkeys("abc", "sees 0")
    assert ready_before(tmp_path, "b", "a")  # it was up before a ended


@pytest.mark.slow
def test_in_sequence_a_full_gpu_is_waited_for(tmp_path: Path) -> None:
    events = run(tmp_path, [vllm("a"), vllm("broken"), vllm("c")], "sequence", ("0",))
    assert events == ["a answers", "a drains", "a ends", "broken fails", "c answers", "c drains", "c ends"]
    assert not ready_before(tmp_path, "c", "a")


@pytest.mark.slow
def test_side_by_side_by_gpu_budget(tmp_path: Path) -> None:
    events = run(tmp_path, [vllm("a"), vllm("b", gpus=0.5), vllm("c", gpus=0.5)], "parallel", ("0", "1"))
    assert sorted(events[:3]) == ["a answers", "b answers", "c answers"] or events.index("c answers") < events.index(
        "a ends"
    )
    assert logs(tmp_path) == {"a": "sees 0", "b": "sees 1", "c": "sees 1"}


@pytest.mark.slow
def test_without_gpus_one_after_another(tmp_path: Path) -> None:
    events = run(tmp_path, [vllm("a"), vllm("b")], "parallel", ())
    assert events == [f"{name} {what}" for name in "ab" for what in ("answers", "drains", "ends")]
    assert set(logs(tmp_path).values()) == {"sees None"}


def test_a_lone_host_carries_what_was_spent(tmp_path: Path) -> None:
    context = EngineContext(home=tmp_path, data_dir=None, env={"CUDA_VISIBLE_DEVICES": ""})
    assert lone_host(vllm("m"), context, Spent(3, 4, 5.0)).spent == Spent(3, 4, 5.0)


def test_the_suites_of_the_gpu_benchmarks_are_read() -> None:
    from tasks.suite import load_suite

    folder = Path(__file__).parent.parent / "benchmarks" / "gpu"
    suites: list[Suite] = [load_suite(str(folder / name)) for name in ("two_models.yaml", "two_gpus.yaml")]
    assert [suite.placement for suite in suites] == ["parallel", "sequence"]
    assert [wanted(model) for suite in suites for model in suite.models] == [0.45, 0.45, 2, 2]
