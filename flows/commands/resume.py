"""`babelgate resume RUN`: continue what was interrupted; finished completions are not asked for again."""

import argparse

from flows.commands.execute import execute_run


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="the run's name, or 'latest'")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def execute(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from flows import environment
    from tasks.lease import check_free
    from tasks.preflight import prepare
    from tasks.runs import read_run
    from tasks.schema import UserError

    home = environment.home()
    run = read_run(home, arguments.run)
    check_free(home, run.run_id)
    # The run's own data folder, so that a resume elsewhere in the shell does not read other files.
    context = environment.engine_context(home, data=Path(run.data_dir) if run.data_dir else None)
    prepared = prepare(run.suite, context)
    changed = [name for name, value in prepared.hashes().items() if run.datasets[name] != value]
    if changed:
        raise UserError(
            f"data set '{changed[0]}' has changed since {run.run_id} began; start a new run with 'babelgate run'"
        )
    return execute_run(run, prepared, quiet=arguments.quiet, as_json=arguments.json)
