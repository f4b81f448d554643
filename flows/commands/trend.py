"""`babelgate trend`: nightly series with an alarm whose rate of false alarms is stated; exit code 1 when one rings."""

import argparse

HEADER = ("model", "lang", "dataset", "nights", "last night", "last", "limit", "alarm", "since", "run", "model changed")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--metric", default="exact_match", help="a metric from 0 to 1")
    parser.add_argument("--model", help="only this model")
    parser.add_argument("--language", help="only this language")
    parser.add_argument("--kind", default="nightly", choices=["nightly", "adhoc", "gate", "import"])
    parser.add_argument(
        "--nights", type=int, default=1000, help="one false alarm in so many nights, all series together"
    )
    parser.add_argument("--tolerance", type=float, default=0.02, help="how far a level may fall unwatched")
    parser.add_argument("--baseline", type=int, default=10, help="nights that the level is learnt from")
    parser.add_argument("--design-effect", type=float, default=1.0, help="above 1 where items of a night hang together")


def execute(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from flows import environment
    from flows.commands.output import print_json, print_table
    from tasks.gate_read import Reader
    from tasks.schema import UserError
    from tasks.watch import Watch, watch
    from warehouse.connect import open_published

    if arguments.nights < 1 or arguments.baseline < 1 or not 0 <= arguments.tolerance < 1:
        raise UserError("--nights and --baseline are at least 1, --tolerance lies from 0 to below 1")
    if arguments.design_effect < 1:
        raise UserError("--design-effect is at least 1")
    how = Watch(arguments.nights, arguments.tolerance, arguments.baseline, arguments.design_effect)
    with open_published(environment.home()) as connection:
        found = watch(Reader(connection), arguments.metric, kind=arguments.kind, model=arguments.model,
                      lang=arguments.language, how=how)  # fmt: skip
    if arguments.json:
        print_json([asdict(each) for each in found])
    else:
        print_table(HEADER, [_row(each) for each in found])
        print()
        for statement in dict.fromkeys(
            each.alarm.statement.partition("; ")[2] for each in found if each.alarm.statement
        ):
            print(f"{arguments.metric}: {statement}")
    return 1 if any(each.alarm.alarmed for each in found) else 0


def _row(series) -> tuple:
    from flows.commands.output import percent

    alarm, last = series.alarm, series.nights[-1]
    rung = {True: "ALARM", False: "quiet", None: f"not watched: {alarm.reason}"}[alarm.alarmed]
    at = series.nights[alarm.night] if alarm.night is not None else None
    since = series.nights[alarm.since].night if alarm.since is not None else None
    changed = [night.night for night in series.nights if night.model_changed]
    return (
        series.model, series.lang, series.dataset, len(series.nights), last.night, percent(last.value),
        percent(alarm.floor), f"{rung} on {at.night}" if at else rung, since, at.run_id if at else None,
        changed[-1] if changed else None,
    )  # fmt: skip
