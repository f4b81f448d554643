"""`babelgate warehouse rebuild|publish|compact|age-out|check`: look after the files that results live in."""

import argparse
from typing import TYPE_CHECKING

from flows.commands.output import print_json

if TYPE_CHECKING:
    from warehouse.home import Home


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["rebuild", "publish", "compact", "age-out", "check"])
    parser.add_argument("--run", help="compact: only this run")
    parser.add_argument("--text-nights", type=int, help="age-out: nights after which answers' texts may go")
    parser.add_argument("--fact-nights", type=int, help="age-out: nights after which all but the roll-ups may go")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from warehouse.home import Home

    home = Home(environment.home())
    problems: list[str] = []
    if arguments.verb == "check":
        from warehouse.maintain import check

        problems = check(home)
        said = "; ".join(problems) or "sound"
    else:
        said = _VERBS[arguments.verb](home, arguments)
    print_json({"verb": arguments.verb, "result": said, "problems": problems}) if arguments.json else print(said)
    return 3 if problems else 0


def _rebuild(home: "Home", arguments: argparse.Namespace) -> str:
    from warehouse.maintain import rebuild

    report = rebuild(home)
    lost = "".join(f"; set aside: {r.path.name} ({r.reason})" for r in report.rejected)
    return f"rebuilt from {report.parts} parts{lost}"


def _publish(home: "Home", arguments: argparse.Namespace) -> str:
    from warehouse.load import load_parts
    from warehouse.publish import publish

    load_parts(home)
    return f"published {publish(home)}"


def _compact(home: "Home", arguments: argparse.Namespace) -> str:
    from warehouse.compact import compact
    from warehouse.maintain import shrink

    merged = compact(home, arguments.run)
    shrink(home)
    return f"merged into {len(merged)} parts; the build file has given back what it had freed"


def _age_out(home: "Home", arguments: argparse.Namespace) -> str:
    from datetime import UTC, datetime

    from tasks.schema import UserError
    from warehouse.maintain import age_out
    from warehouse.publish import publish

    if arguments.text_nights is None and arguments.fact_nights is None:
        raise UserError("'warehouse age-out' needs --text-nights or --fact-nights")
    now = datetime.now(UTC).replace(tzinfo=None)
    aged = age_out(home, now=now, text_nights=arguments.text_nights, fact_nights=arguments.fact_nights)
    publish(home)
    return f"aged out: {', '.join(f'{level} of {run}' for run, level in aged) or 'nothing'}"


_VERBS = {"rebuild": _rebuild, "publish": _publish, "compact": _compact, "age-out": _age_out}
