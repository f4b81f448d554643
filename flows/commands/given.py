"""Numbers as people give them to commands: argparse's `type` for what must be counted or measured."""

import argparse
import math


def count(text: str) -> int:
    """A whole number from 1 up."""
    if not text.isdecimal() or len(text) > 18 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is not a whole number from 1 up")
    return int(text)


def positive(text: str) -> float:
    """A finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is not a number above 0")
    return number
