"""`babelgate plan SUITE`: shards, requests, tokens, cost and time, before anything starts."""

import argparse
from pathlib import Path

from flows.commands.execute import NOT_NEGATIVE
from flows.commands.output import print_json, print_table


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("suite", help="a shipped suite's name or a YAML file")
    parser.add_argument("--limit", type=NOT_NEGATIVE, help="items per shard, instead of the suite's")
    parser.add_argument("--model", action="append", default=[], help="only this model of the suite; may be repeated")
    parser.add_argument("--dataset", action="append", default=[], help="only this data set; may be repeated")
    parser.add_argument("--language", action="append", default=[], help="only this language; may be repeated")
    parser.add_argument("--tokens-per-s", type=float, help="speed to reckon with, where none was measured yet")


def execute(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from flows import environment
    from flows.commands.select import narrowed
    from tasks.asking import prompt_sizes
    from tasks.plan import estimate
    from tasks.preflight import prepare
    from tasks.suite import load_suite

    suite = narrowed(load_suite(arguments.suite), arguments)
    context = environment.engine_context()
    prepared = prepare(suite, context)
    speeds = measured_speeds(context.home)
    estimates = [
        estimate(
            model,
            prompt_sizes(prepared, model, context.data_dir),
            shard_count=sum(s.model == model.name for s in prepared.shards),
            tokens_per_s=arguments.tokens_per_s or speeds.get(model.name),
        )
        for model in suite.models
    ]
    if arguments.json:
        print_json(
            {
                "suite": suite.name,
                "shards": [asdict(s) for s in prepared.shards],
                "models": [asdict(e) for e in estimates],
            }
        )
        return 0
    print(f"{suite.name}: {len(prepared.shards)} shards, {prepared.requests} requests; nothing was started\n")
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
