"""`babelgate models list|show|check`: the models that suites name, and whether they could be started."""

import argparse

from flows.commands.output import print_json, print_table


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["list", "show", "check"])
    parser.add_argument("model", nargs="?", help="a model's name in a suite")
    parser.add_argument("--suite", help="only of this suite: a name or a YAML file")


def execute(arguments: argparse.Namespace) -> int:
    import difflib

    from flows import environment
    from tasks.engines import check_engine
    from tasks.schema import UserError
    from tasks.suite import load_suite, suite_names

    suites = [load_suite(arguments.suite)] if arguments.suite else [load_suite(name) for name in suite_names()]
    found = [(suite.name, model) for suite in suites for model in suite.models]
    if arguments.verb == "list":
        rows = [(m.name, s, m.engine, m.family or None, m.licence or None, m.parameters) for s, m in found]
        if arguments.json:
            print_json([{"suite": s} | m.model_dump(mode="json") for s, m in found])
        else:
            print_table(("model", "suite", "engine", "family", "licence", "billions"), rows)
        return 0
    if not arguments.model:
        raise UserError(f"'models {arguments.verb}' needs the name of a model")
    names = [model.name for _, model in found]
    if arguments.model not in names:
        near = difflib.get_close_matches(arguments.model, names, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise UserError(f"unknown model '{arguments.model}'{hint} (known: {', '.join(dict.fromkeys(names))})")
    model = next(model for _, model in found if model.name == arguments.model)
    if arguments.verb == "show":
        print_json(model.model_dump(mode="json"))
        return 0
    check_engine(model, environment.engine_context())
    print_json({"model": model.name, "startable": True}) if arguments.json else print(f"{model.name} can be started")
    return 0
