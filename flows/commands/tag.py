"""`babelgate tag RUN NAME`: give a run a name that gates compare with, such as production."""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="the run's name, or 'latest'")
    parser.add_argument("name", help="the tag: letters, digits, '.', '_' and '-'")
    parser.add_argument("--model", help="only this model; all of the run's when left out")
    parser.add_argument("--by", default="", help="who sets it")
    parser.add_argument("--reason", default="", help="why")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from flows.commands.output import print_json
    from tasks.gate_read import Reader, find_subject, models_of
    from tasks.land_gate import land_tag
    from tasks.schema import UserError
    from warehouse.connect import open_published
    from warehouse.home import checked_name

    home = environment.home()
    checked_name(arguments.name, "tag")
    with open_published(home) as connection:
        reader = Reader(connection)
        run, models = models_of(reader, arguments.run)
        if any(found == arguments.name for found, _ in reader.rows("runs")):
            raise UserError(f"'{arguments.name}' is the name of a run, so it cannot be a tag")
        if arguments.model:
            models = (find_subject(reader, run, arguments.model).model,)
    land_tag(home, run, arguments.name, models, set_by=arguments.by, reason=arguments.reason)
    if arguments.json:
        print_json({"tag": arguments.name, "run": run, "models": models})
    else:
        print(f"{arguments.name} is now {', '.join(models)} of run {run}")
    return 0
