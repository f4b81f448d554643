"""`babelgate datasets list|show|check`: what can be asked, in which languages, and what is wrong with the data."""

import argparse

from flows.commands.output import print_json, print_table


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["list", "show", "check"])
    parser.add_argument("dataset", nargs="?", help="a data set's name or a YAML file")
    parser.add_argument("--language", action="append", default=[], help="only this language; may be repeated")


def execute(arguments: argparse.Namespace) -> int:
    from datasets_cfg.config import load_config, names
    from tasks.schema import UserError

    if arguments.verb == "list":
        configs = [load_config(name) for name in names()]
        if arguments.json:
            print_json(
                [
                    c.model_dump(mode="json", include={"name", "version", "title", "kind", "licence"})
                    | {"languages": list(c.languages)}
                    for c in configs
                ]
            )
        else:
            print_table(
                ("dataset", "kind", "languages", "licence", "title"),
                [(c.name, c.kind, " ".join(c.languages), c.licence, c.title) for c in configs],
            )
        return 0
    if not arguments.dataset:
        raise UserError(f"'datasets {arguments.verb}' needs the name of a data set or a YAML file")
    config = load_config(arguments.dataset)
    if arguments.verb == "show":
        print_json(config.model_dump(mode="json", exclude_defaults=True))
        return 0
    return _check(config, arguments)


def _check(config, arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from flows import environment
    from tasks.datacheck import check_counts, check_items
    from tasks.load import read_items

    context = environment.engine_context()
    langs = arguments.language or list(config.languages)
    # Read without the loader's own refusals: the check is to name every fault, not the first.
    items = {lang: read_items(config, lang, context.data_dir, context.home / "hub") for lang in langs}
    findings = [*check_counts(config, items, context.data_dir), *check_items(config, items)]
    errors = sum(finding.severity == "error" for finding in findings)
    if arguments.json:
        print_json(
            {
                "dataset": config.name,
                "items": {lang: len(found) for lang, found in items.items()},
                "findings": [asdict(f) for f in findings],
            }
        )
        return 1 if errors else 0
    print_table(("language", "items"), [(lang, len(found)) for lang, found in items.items()])
    print(f"\n{len(findings)} findings, {errors} of them errors")
    for f in findings:
        places = f" ({', '.join(f.item_ids[:5])}{', …' if len(f.item_ids) > 5 else ''})" if f.item_ids else ""
        print(f"  {f.severity}: {f.lang}: {f.code}: {f.message}{places}")
    return 1 if errors else 0
