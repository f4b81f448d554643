"""`babelgate score FILE|-`: score answers without a warehouse."""

import argparse
import sys


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="JSONL of {id, kind, lang, answer, gold, labels?, references?}, or '-'")
    parser.add_argument("--corpus", action="store_true", help="end with corpus chrF and BLEU of the translations")


def execute(arguments: argparse.Namespace) -> int:
    """Print a row for every row; one that cannot be scored says why, and the exit code is 64 when all are out."""
    from pathlib import Path

    from tasks.schema import UserError
    from tasks.score_rows import score_rows

    try:
        source = sys.stdin.buffer if arguments.file == "-" else Path(arguments.file).open("rb")  # noqa: SIM115
    except OSError as error:
        raise UserError(f"{arguments.file} cannot be read: {error.strerror}") from error
    with source:
        # A broken byte is replaced, not refused: its row is scored and nothing else is lost.
        lines = (line.decode("utf-8", "replace") for line in source)
        marked = (line.removeprefix("\ufeff") if number == 0 else line for number, line in enumerate(lines))
        for row in score_rows(marked, corpus=arguments.corpus):
            print(row)
    return 0
