"""`babelgate judges list|show|check|probe`: rubrics, the judges that suites name, and whether these may be trusted."""

import argparse

from flows.commands.output import print_json, print_table
from flows.commands.seat import add_suite_option, find_judge, suite_judges


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["list", "show", "check", "probe"])
    parser.add_argument("name", nargs="?", help="a rubric (name or file) or a suite's judge")
    add_suite_option(parser)
    parser.add_argument("--run", default="latest", help="probe: the run whose answers it is probed with")
    parser.add_argument("--against", default="", help="probe: the model of the run that the others are paired with")
    parser.add_argument("--count", type=int, default=20, help="probe: pairs, and answers a rubric (default 20)")


def execute(arguments: argparse.Namespace) -> int:
    from tasks.schema import UserError

    if arguments.verb == "list":
        return _list(arguments)
    if arguments.verb == "probe":
        from flows.commands.judges_probe import probe

        return probe(arguments)
    if not arguments.name:
        raise UserError(f"'judges {arguments.verb}' needs the name of a rubric or of a judge")
    return _show(arguments) if arguments.verb == "show" else _check(arguments)


def _list(arguments: argparse.Namespace) -> int:
    from judges.rubric import load_rubric, rubric_names

    headers = [load_rubric(name).header for name in rubric_names()]
    judges, _ = suite_judges(arguments.suite)
    if arguments.json:
        print_json({
            "rubrics": [header.model_dump(mode="json", exclude={"examples"}) for header in headers],
            "judges": [judge.model_dump(mode="json") for judge in judges],
        })  # fmt: skip
        return 0
    print_table(
        ("rubric", "version", "kind", "verdicts", "title"),
        [(h.name, h.version, h.kind, " ".join(h.verdicts), h.title) for h in headers],
    )
    print("\njudges: none (there is no default judge; a suite names them)" if not judges else "")
    if judges:
        print_table(
            ("judge", "engine", "family", "rubrics"),
            [(j.model.name, j.model.engine, j.model.family, " ".join(j.rubrics)) for j in judges],
        )
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from judges.rubric import load_rubric

    rubric = load_rubric(arguments.name)
    if arguments.json:
        print_json(rubric.header.model_dump(mode="json") | {"hash": rubric.sha256, "schema": rubric.schema()})
        return 0
    print(
        f"{rubric.name}, version {rubric.header.version}: {rubric.header.title}",
        rubric.instruction, rubric.data, sep="\n\n",
    )  # fmt: skip
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from flows import environment
    from judges.rubric import load_rubric, rubric_names
    from tasks.engines import check_engine
    from tasks.judge.families import check_family
    from tasks.suite import load_suite

    if arguments.name in rubric_names() or arguments.name.endswith(".md"):
        rubric = load_rubric(arguments.name)
        said = {"rubric": rubric.name, "sound": True, "examples": len(rubric.header.examples), "hash": rubric.sha256}
        print_json(said) if arguments.json else print(f"{rubric.name} is sound; its examples quote what is there")
        return 0
    judge = find_judge(*_named(arguments))
    for name in judge.rubrics:
        load_rubric(name)
    if arguments.suite:
        check_family(judge, load_suite(arguments.suite).models)
    check_engine(judge.model, environment.engine_context())
    said = {"judge": judge.model.name, "startable": True, "rubrics": list(judge.rubrics)}
    print_json(said) if arguments.json else print(
        f"{judge.model.name} can be started and may judge this suite's models"
    )
    return 0


def _named(arguments: argparse.Namespace):
    judges, where = suite_judges(arguments.suite)
    return judges, arguments.name, where
