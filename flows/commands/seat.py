"""Finds the judges that a command means: those of a suite, by name; there is no default judge."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.suite import Judge


def add_suite_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--suite", help="the suite that names the judges: a name or a YAML file")


def find_judge(judges: "Sequence[Judge]", name: str, where: str) -> "Judge":
    """The judge of that name, or the only one where the name is empty. UserError says what is near."""
    from judges.rubric import nearest
    from tasks.schema import UserError

    names = [judge.model.name for judge in judges]
    if not names:
        raise UserError(
            f"{where} names no judges; there is no default judge: add 'judges:' to a suite and pass --suite"
        )
    if not name and len(judges) == 1:
        return judges[0]
    if name not in names:
        asked = f"unknown judge '{name}'{nearest(name, names)}" if name else "say which judge"
        raise UserError(f"{asked} ({where} has {', '.join(names)})")
    return judges[names.index(name)]


def suite_judges(name: str | None) -> "tuple[tuple[Judge, ...], str]":
    """The judges of one suite, or of all shipped ones, and how to speak of where they are."""
    from tasks.suite import load_suite, suite_names

    if name:
        return load_suite(name).judges, f"suite '{name}'"
    return tuple(
        judge for each in suite_names() for judge in load_suite(each).judges
    ), "no suite given, and the shipped ones"
