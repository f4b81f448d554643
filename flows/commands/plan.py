"""`babelgate plan SUITE`: shards, requests, tokens, cost and time, before anything starts."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.commands.given import count, positive
from flows.commands.output import print_json, print_table

if TYPE_CHECKING:
    from flows.commands.plan_gpu import GpuPlan
    from tasks.plan import Estimate
    from tasks.preflight import Prepared
    from tasks.suite import Suite


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("suite", help="a shipped suite's name, a YAML file, or a model's config.json (with --gpu)")
    parser.add_argument("--limit", type=count, help="items per shard, instead of the suite's")
    parser.add_argument("--model", action="append", default=[], help="only this model of the suite; may be repeated")
    parser.add_argument("--dataset", action="append", default=[], help="only this data set; may be repeated")
    parser.add_argument("--language", action="append", default=[], help="only this language; may be repeated")
    parser.add_argument("--tokens-per-s", type=positive, help="speed to reckon with, where none was measured yet")
    parser.add_argument("--gpu", help="what vLLM models take of such a GPU: its name (H200), or its memory in GiB")
    parser.add_argument("--gpu-price", type=positive, help="US dollars for an hour of one such GPU")
    parser.add_argument("--context", type=count, help="for a config.json: tokens of the longest request")


def execute(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from flows import environment
    from flows.commands.select import narrowed
    from tasks.asking import prompt_sizes
    from tasks.plan import estimate
    from tasks.preflight import prepare
    from tasks.suite import load_suite

    if arguments.suite.endswith(".json"):
        return _one_config(arguments)
    suite = narrowed(load_suite(arguments.suite), arguments)
    context = environment.engine_context()
    # With --gpu the plan is for another machine than this one.
    prepared = prepare(suite, context, unchecked=("vllm",) if arguments.gpu else ())
    speeds = measured_speeds(context.home)
    sizes = {model.name: prompt_sizes(prepared, model, context.data_dir) for model in suite.models}
    estimates = [
        estimate(
            model,
            sizes[model.name],
            shard_count=sum(s.model == model.name for s in prepared.shards),
            tokens_per_s=arguments.tokens_per_s or speeds.get(model.name),
        )
        for model in suite.models
    ]
    plans = _gpu_plans(suite, sizes, context.home, arguments)
    if arguments.json:
        listed = {"shards": prepared.shards, "models": estimates, "gpus": plans}
        print_json({"suite": suite.name} | {name: [asdict(each) for each in found] for name, found in listed.items()})
        return 0
    _print_estimates(prepared, estimates)
    if arguments.gpu:
        _print_gpus(suite, plans)
    return 0


def _print_estimates(prepared: "Prepared", estimates: "Sequence[Estimate]") -> None:
    print(f"{prepared.suite.name}: {len(prepared.shards)} shards, {prepared.requests} requests; nothing was started\n")
    print_table(
        ("model", "shards", "requests", "input tokens ~", "output tokens ~", "cost", "time ~"),
        [
            (e.model, e.shards, e.requests, e.input_tokens, e.output_tokens, _money(e.usd), _time(e.seconds))
            for e in estimates
        ],
    )
    print(
        "\ntokens are estimated from the texts (±40 %), answers at half their limit; cost needs a price, time a speed"
    )
    for name, findings in prepared.findings.items():
        if findings:
            print(f"note: {len(findings)} findings in {name}; 'babelgate datasets check {name}' shows them")


def _gpu_plans(
    suite: "Suite", sizes: Mapping[str, Sequence[tuple[int, int]]], home: Path, arguments: argparse.Namespace
) -> "list[GpuPlan]":
    """What the vLLM models take of the GPU asked for; none without one, nor for models whose folder is not here."""
    from flows.commands.plan_gpu import plan_models
    from tasks.engines.vllm import model_path
    from tasks.gpu_plan import Work

    if not arguments.gpu:
        return []
    served = [model for model in suite.models if model.engine == "vllm"]
    folders = {model.name: Path(model_path(model.model, home)) for model in served}
    works = {
        model.name: Work(
            requests=len(sizes[model.name]),
            input_tokens=sum(given for given, _ in sizes[model.name]),
            output_tokens=sum(limit // 2 for _, limit in sizes[model.name]),
            in_flight=_in_flight(model.in_flight or suite.in_flight),
            longest=max((given + limit for given, limit in sizes[model.name]), default=0),
        )
        for model in served
    }
    here = {name: folder for name, folder in folders.items() if folder.is_dir()}
    return plan_models(served, works, here, arguments.gpu, arguments.gpu_price)


def _in_flight(asked: int | str) -> int:
    """The limit; where it is found by trying, what a GPU's server is kept full with."""
    return asked if isinstance(asked, int) else 256


def _print_gpus(suite: "Suite", plans: "list[GpuPlan]") -> None:
    from flows.commands.plan_gpu import print_plans

    print()
    print_plans(plans)
    planned = {plan.model for plan in plans}
    for model in suite.models:
        if model.engine == "vllm" and model.name not in planned:
            print(f"note: {model.name}: no config.json under '{model.model}', so nothing is known of its memory")


def _one_config(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from flows.commands.plan_gpu import plan_config, print_plans
    from tasks.schema import UserError

    if not arguments.gpu:
        raise UserError(f"{arguments.suite}: say which GPU with --gpu, for example --gpu H100")
    plan = plan_config(Path(arguments.suite), arguments.gpu, context=arguments.context)
    if arguments.json:
        print_json(asdict(plan))
    else:
        print_plans([plan])
    return 0


def measured_speeds(home: Path) -> dict[str, float]:
    """Model → tokens/s of its latest run in the warehouse; empty where nothing was published yet."""
    from warehouse.connect import open_published
    from warehouse.home import Home

    if not Home(home).current.exists():
        return {}
    with open_published(home) as connection:
        rows = connection.execute(
            "select model_id, arg_max(tokens_per_second, run_id) from v_results where tokens_per_second > 0 group by 1"
        ).fetchall()
    return dict(rows)


def _money(usd: float | None) -> str | None:
    return None if usd is None else f"${usd:.4f}"


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds / 60:.1f} min"
