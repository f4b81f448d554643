"""`python -m warehouse.ducklake register|check HOME --catalog postgres:… --data FOLDER|s3://…`."""

import argparse
import sys
from pathlib import Path

from warehouse.home import Home, WarehouseError

SHOWN = 10


def main(words: list[str] | None = None) -> int:
    """0 where all is well, 1 where `check` finds something wrong or a part was refused, 64 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m warehouse.ducklake", description=__doc__)
    parser.add_argument("command", choices=["register", "check"])
    parser.add_argument("home", type=Path, help="the folder whose parts/ are meant")
    parser.add_argument("--catalog", required=True, help="postgres: and libpq's connection string, without a password")
    parser.add_argument("--data", required=True, help="where the lake keeps its files: a folder, or s3://bucket/prefix")
    parser.add_argument("--run", help="register: only this run")
    arguments = parser.parse_args(words)
    try:
        lines, code = _execute(arguments)
    except WarehouseError as error:
        sys.stderr.write(f"{error}\n")
        return 64
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return code


def _execute(arguments: argparse.Namespace) -> tuple[list[str], int]:
    from warehouse.ducklake.check import check
    from warehouse.ducklake.lake import lake_at
    from warehouse.ducklake.register import register

    home, lake = Home(arguments.home), lake_at(arguments.catalog, arguments.data)
    if arguments.command == "register":
        report = register(home, lake, arguments.run)
        rows = ", ".join(f"{count} {kind}" for kind, count in report.rows.items()) or "no rows"
        said = [f"{report.parts} parts registered ({report.replaced} replaced), {report.skipped} known: {rows}"]
        return said + [f"refused {path.name}: {reason}" for path, reason in report.refused], int(bool(report.refused))
    found = check(home, lake)
    table = [f"{'table':<18}{'parts':>8}{'listed rows':>14}{'found rows':>14}{'twice':>8}"]
    table += [f"{x.table:<18}{x.parts:>8}{x.listed:>14}{x.found:>14}{x.twice:>8}" for x in found.lines if x.parts]
    shown = [*found.problems[:SHOWN], *([f"and {more} more"] if (more := len(found.problems) - SHOWN) > 0 else [])]
    return table + (shown or ["as it should be"]), int(bool(found.problems))


if __name__ == "__main__":
    sys.exit(main())
