"""Logs of other evaluation tools, read into one shape and landed as runs: their answers, and the scores they gave."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tasks.peers.inspect_log import read_inspect
from tasks.peers.lm_eval_log import read_lm_eval
from tasks.peers.records import PeerLog

READERS: Mapping[str, Callable[[Path, str | None], PeerLog]] = {"lm-eval": read_lm_eval, "inspect": read_inspect}
"""Tool → reader(file, language or None to find it in the log); UserError where the file is no log of the tool."""
