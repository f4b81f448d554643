"""Reads a gold answer as people write it into the form that answers are matched against."""

import unicodedata

from tasks.extract import canonical_number
from tasks.match import gold_number
from tasks.schema import Kind, UserError

MAX_EXPONENT = 1000


def gold_answer(value: object, kind: Kind, lang: str, labels: tuple[str, ...], options: tuple[str, ...]) -> str:
    """One accepted answer in canonical form: a plain decimal, one of the labels, or the text as it is.

    UserError with one sentence where the value cannot be that.
    """
    if kind == "math":
        return _number(value, lang)
    if kind in ("choice", "nli"):
        return _label(value, labels, options)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UserError(f"'gold' must be a text or a list of texts, not {type(value).__name__}")
    return str(value)


def _number(value: object, lang: str) -> str:
    """A gold number as a plain decimal; a text may be written as the row's language writes numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UserError(f"'gold' of a math row must be a number or a text, not {type(value).__name__}")
    number = gold_number(str(value), lang)
    if number is None:
        raise UserError(f"'gold' must be one finite number, '{_short(value)}' is not")
    if abs(number.adjusted()) > MAX_EXPONENT:
        raise UserError(f"'gold' is too large or small a number: '{_short(value)}'")
    return canonical_number(number)


def _label(value: object, labels: tuple[str, ...], options: tuple[str, ...]) -> str:
    """A gold choice as one of the labels: given as the label, as its index from 0, or as the option's text."""
    if isinstance(value, int) and not isinstance(value, bool):
        if str(value) in labels:
            return str(value)
        if 0 <= value < len(labels):
            return labels[value]
    if isinstance(value, str):
        for shown in (labels, options):
            folded = [_fold(each) for each in shown]
            if folded.count(_fold(value)) == 1 and folded.index(_fold(value)) < len(labels):
                return labels[folded.index(_fold(value))]
    raise UserError(f"'gold' must be a label ({', '.join(labels)}), its index or its option, '{_short(value)}' is not")


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."
