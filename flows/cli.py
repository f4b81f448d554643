"""The command line: `babelgate COMMAND …`; one module a command in flows/commands, imported only when asked for."""

import argparse
import difflib
import importlib
import os
import sys
from typing import NoReturn

from flows.commands import COMMANDS

OK, NO_GO, INCONCLUSIVE, INFRASTRUCTURE, USAGE = 0, 1, 2, 3, 64


class Parser(argparse.ArgumentParser):
    """argparse with the project's exit code and with the nearest command named."""

    def error(self, message: str) -> NoReturn:
        if "invalid choice: " in message:
            word = message.split("invalid choice: ")[1].split("'")[1]
            choices = [c.strip(" '()") for c in message.split("choose from")[-1].split(",")]
            near = difflib.get_close_matches(word, choices, n=1)
            message = f"unknown word '{word}'" + (f"; did you mean '{near[0]}'?" if near else "")
            message += f" (known: {', '.join(choices)})"
        sys.stderr.write(f"babelgate: error: {message}\n")
        raise SystemExit(USAGE)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done or GO, 1 NO-GO, 2 INCONCLUSIVE, 3 infrastructure, 64 usage."""
    words = sys.argv[1:] if argv is None else argv
    name = next((w for w in words if not w.startswith("-")), None)
    if name not in COMMANDS:
        _overview().parse_args(words)
        return USAGE if words else _print_overview()
    parser = Parser(prog=f"babelgate {name}", description=COMMANDS[name])
    command = importlib.import_module(f"flows.commands.{'import_' if name == 'import' else name.replace('-', '_')}")
    command.configure(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    rest = list(words)
    rest.remove(name)
    arguments = parser.parse_args(rest)
    try:
        return command.execute(arguments)
    except KeyboardInterrupt as interrupt:
        sys.stderr.write(f"babelgate: interrupted; {interrupt or 'what was finished is kept'}\n")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if arguments.debug:
            raise
        return _report(error)


def _report(error: Exception) -> int:
    """One sentence on stderr; a mistake of the user is 64, anything else is the world's or ours: 3."""
    from flows.commands.errors import is_user_error

    sentence = " ".join(str(error).split()) or type(error).__name__
    if is_user_error(error):
        sys.stderr.write(f"babelgate: error: {sentence}\n")
        return USAGE
    sys.stderr.write(f"babelgate: failed: {type(error).__name__}: {sentence} (--debug shows where)\n")
    return INFRASTRUCTURE


def _overview() -> Parser:
    parser = Parser(
        prog="babelgate",
        description="Tells a team whether a language model may ship in each language it serves.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="commands:\n" + "\n".join(f"  {name:<11}{text}" for name, text in COMMANDS.items())
        + "\n\nexit codes: 0 done or GO, 1 NO-GO, 2 INCONCLUSIVE, 3 infrastructure failure, 64 wrong usage",
    )  # fmt: skip
    parser.add_argument("command", choices=list(COMMANDS), metavar="COMMAND", nargs="?")
    parser.add_argument("--version", action="version", version=_version())
    return parser


def _print_overview() -> int:
    _overview().print_help()
    return OK


def _version() -> str:
    from importlib.metadata import version

    return f"babelgate {version('babelgate')}"


if __name__ == "__main__":
    raise SystemExit(main())
