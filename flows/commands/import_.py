"""`babelgate import FILE…`: land recorded answers as a run, scored like any other; nothing is generated."""

import argparse
import re
from pathlib import Path

from flows.commands.execute import execute_run
from flows.commands.given import count


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="+", metavar="FILE",
        help="JSONL, CSV, TSV or Parquet, plain or .gz, a model each; {lang} and {dataset} are filled in",
    )  # fmt: skip
    parser.add_argument("--dataset", required=True, help="the data set that was answered")
    parser.add_argument("--model", help="the name under which the answers are kept; the file's when left out")
    parser.add_argument("--family", default="", help="the model's family")
    parser.add_argument("--language", action="append", default=[], help="only this language; may be repeated")
    parser.add_argument("--limit", type=count, help="items per language")
    parser.add_argument(
        "--column", action="append", default=[], metavar="FIELD=COLUMN",
        help="where id, lang, text, dataset, thinking, finish_reason, prompt_tokens, completion_tokens, latency_ms lie",
    )  # fmt: skip
    parser.add_argument("--quiet", action="store_true", help="no progress")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from tasks.preflight import prepare
    from tasks.runs import start_run

    suite = _suite(arguments)
    context = environment.engine_context()
    prepared = prepare(suite, context)
    run = start_run(context.home, suite, datasets=prepared.hashes(), data_dir=context.data_dir, kind="import")
    return execute_run(run, prepared, quiet=arguments.quiet, as_json=arguments.json)


def _suite(arguments: argparse.Namespace):
    from pydantic import ValidationError

    from datasets_cfg.strict_yaml import explain
    from tasks.schema import UserError
    from tasks.suite import Suite

    if arguments.model and len(arguments.files) > 1:
        raise UserError("--model names one file's answers; of several files each is kept under its own name")
    columns = dict(part.partition("=")[::2] for part in arguments.column)
    models = [
        {"name": arguments.model or _stem(file), "engine": "replay", "family": arguments.family, "columns": columns,
         "files": str(Path(file).absolute())}
        for file in arguments.files
    ]  # fmt: skip
    document = {"name": f"import-{arguments.dataset}", "models": models, "datasets": [arguments.dataset]}
    document |= {"languages": arguments.language} if arguments.language else {}
    document |= {"limit": arguments.limit} if arguments.limit else {}
    try:
        return Suite.model_validate(document)
    except ValidationError as error:
        raise UserError(explain(error, Suite, "import")) from error


def _stem(file: str) -> str:
    """bloom-7b1 of picks/bloom-7b1.jsonl.gz and of picks/bloom-7b1.{lang}.jsonl."""
    return re.sub(r"(\.\{\w+\})*\.(jsonl|csv|tsv|parquet|json)(\.gz)?$", "", Path(file).name)
