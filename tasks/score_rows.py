"""Scores answers from a JSONL file: one row in, one row out, in order; a bad row says why and costs no other."""

import difflib
import json
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import cast

from tasks.codeswitch import LanguageReport
from tasks.gold import gold_answer
from tasks.language_id import canonical
from tasks.languages import language
from tasks.metrics import METRICS, Case, Measured
from tasks.schema import COMPLETION_STATUSES, KINDS, Item, Kind, UserError
from tasks.score import allowed_texts, measure, read_case
from tasks.thinking import split_thinking

Row = Mapping[str, object]
NEEDS_GOLD = ("math", "choice", "nli", "qa", "translation")
_REPORT = tuple(field.name for field in fields(LanguageReport))
_EXACT = {"qa": ("em_official", "em_mlqa"), "rag": ("gold_contained",), "open": ("gold_contained",)}
KEYS = ("id", "kind", "lang", "answer")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A row that has been read: `shift` is where the answer starts in the text that was given."""

    identity: str | int | None
    item: Item
    status: str
    shift: int
    case: Case

    @property
    def failure(self) -> str:
        return "" if self.status == "ok" else self.status


def score_rows(lines: Iterable[str], *, corpus: bool = False) -> Iterator[str]:
    """Score JSONL rows {id, kind, lang, answer, gold, labels?, references?, options?, markers?, question?, …}.

    `answer` may hold the thinking (any tags) or `thinking` may; `finish_reason` and `status` are understood. Yields a
    JSON line for each row: {id, value, state, correct, strict, method, span, status, metrics, reasons, language}, or
    {id, line, error} where the row cannot be scored. With `corpus`, corpus chrF and BLEU of the translations of each
    language follow. UserError at the end, when all lines are out, if a row could not be scored.
    """
    rows = bad = 0
    translations: dict[str, list[_Asked]] = defaultdict(list)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        rows += 1
        row: object = None
        try:
            row = _parse(line)
            asked = _ask(row)
            if corpus and asked.item.kind == "translation":
                translations[asked.case.lang].append(asked)
            yield _dump(_scored(asked))
        except (UserError, ArithmeticError, RecursionError) as error:
            bad += 1
            yield _dump({"id": _identity(row), "line": number, "error": _clean(str(error)) or type(error).__name__})
    for lang, into in sorted(translations.items()):
        yield _dump({"corpus": {"lang": lang} | _corpus(into)})
    if bad:
        raise UserError(f"{bad} of {rows} rows could not be scored; their lines in the output say why")


def score_row(row: Row) -> dict[str, object]:
    """Score one row that has been parsed already; UserError says what is wrong with it."""
    return _scored(_ask(row))


def _parse(line: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"not a JSON object: {error}") from error
    if not isinstance(row, dict):
        raise UserError(f"not a JSON object but {type(row).__name__}")
    return row


def _ask(row: Row) -> _Asked:
    """The row as an item with its answer read; UserError names the key that is missing or wrong."""
    for key in KEYS:
        if key not in row:
            near = difflib.get_close_matches(key, [name for name in row if name not in KEYS], n=1)
            raise UserError(f"the key '{key}' is missing{f', there is {near[0]!r}' if near else ''}")
    if _identity(row) is None:
        raise UserError(f"'id' must be a text or a whole number, not {type(row['id']).__name__}")
    item = _item(row)
    raw = _string(row, "answer", none_is="")
    finish = _string(row, "finish_reason", none_is="stop")
    thought = split_thinking(raw, _string(row, "thinking", none_is=""), finish_reason=finish)
    status = _status(row, thought.answer, cut=thought.cut or finish == "length")
    case = read_case(
        item, item.lang, thought.answer, "" if status == "ok" else status,
        markers=_strings(row, "markers"),
        allow=allowed_texts(item, frozenset(), crossing=item.kind == "translation"),
    )  # fmt: skip
    return _Asked(_identity(row), item, status, max(0, raw.find(thought.answer)), case)


def _identity(row: object) -> str | int | None:
    value = row.get("id") if isinstance(row, Mapping) else None
    if isinstance(value, str):
        return _clean(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _item(row: Row) -> Item:
    kind = _kind(row)
    lang = canonical(_string(row, "lang")) or language(_string(row, "lang")).code
    options = _strings(row, "options")
    labels = _strings(row, "labels") or _default_labels(kind, options)
    gold = _golds(row, kind, lang, labels, options)
    if kind in NEEDS_GOLD and not gold:
        raise UserError(f"the key 'gold' is missing, which a row of kind '{kind}' needs")
    texts = [_string(row, key, none_is="") for key in ("question", "context")]
    return Item("", "", lang, str(row["id"]), "", "", kind, texts[0], gold, texts[1], options, labels)


def _kind(row: Row) -> Kind:
    kind = _string(row, "kind")
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, n=1, cutoff=0.4)
        raise UserError(
            f"unknown kind '{kind}'{f'; did you mean {near[0]!r}?' if near else ''} (known: {', '.join(KINDS)})"
        )
    return cast("Kind", kind)


def _status(row: Row, answer: str, *, cut: bool) -> str:
    status = _string(row, "status", none_is="")
    if status and status not in COMPLETION_STATUSES:
        raise UserError(f"unknown status '{status}' (known: {', '.join(COMPLETION_STATUSES)})")
    if status and status != "ok":
        return status
    if cut:
        return "truncated"
    return "ok" if answer.strip() else "empty"


def _golds(row: Row, kind: Kind, lang: str, labels: tuple[str, ...], options: tuple[str, ...]) -> tuple[str, ...]:
    found = [value for key in ("gold", "references") for value in _list(row.get(key))]
    return tuple(dict.fromkeys(gold_answer(_cleaned(value), kind, lang, labels, options) for value in found))


def _default_labels(kind: Kind, options: tuple[str, ...]) -> tuple[str, ...]:
    if kind == "choice":
        return tuple(string.ascii_uppercase[: len(options) or 4])
    return ("entailment", "neutral", "contradiction") if kind == "nli" else ()


def _scored(asked: _Asked) -> dict[str, object]:
    case = asked.case
    measured: dict[str, Measured] = {
        metric.name: measure(metric, case, asked.failure)
        for metric in METRICS.values()
        if metric.measure is not None and asked.item.kind in metric.kinds
    }
    extraction = case.extraction
    span = extraction.span if extraction else None
    return {
        "id": asked.identity,
        "value": extraction.value if extraction else None,
        "state": extraction.state if extraction else "none",
        "correct": _correct(asked, measured),
        "strict": case.match.strict if case.match else None,
        "method": extraction.method if extraction else "",
        "span": [span[0] + asked.shift, span[1] + asked.shift] if span else None,
        "status": asked.status,
        "metrics": {name: each.value for name, each in measured.items()},
        "reasons": {name: each.reason for name, each in measured.items() if each.reason},
        "language": _language(case.language) if case.language else None,
    }


def _correct(asked: _Asked, measured: Mapping[str, Measured]) -> bool | None:
    """Whether the answer is right wherever it stands in the text, numbers read as their language writes them.

    Question answering: an exact match in any of its definitions; open answers with a gold: it stands in the answer.
    None for translations, without gold, and for machine failures.
    """
    kind = asked.item.kind
    if kind == "translation" or not asked.item.gold or asked.failure == "infra_error":
        return None
    if asked.failure:
        return False
    match = asked.case.match
    exact = [measured[name].value for name in _EXACT.get(kind, ())]
    if 1 in exact:
        return True
    if match is None or match.lenient is None:
        return False if exact else None
    return match.lenient and match.reason != "alt_locale"


def _language(report: LanguageReport) -> dict[str, object]:
    """The language report with its spans as objects; what `dataclasses.asdict` gives, at a fraction of its time."""
    plain: dict[str, object] = {name: getattr(report, name) for name in _REPORT}
    return plain | {"spans": [asdict(s) for s in report.spans], "near": [asdict(s) for s in report.near]}


def _corpus(asked: list[_Asked]) -> dict[str, object]:
    """chrF and BLEU of all translations into one language; machine failures are left out and n says so."""
    found: dict[str, object] = {}
    for metric in METRICS.values():
        if metric.aggregate is not None:
            parts = [measure(METRICS[metric.part], each.case, each.failure) for each in asked]
            score = metric.aggregate(parts, [each.case for each in asked])
            found[metric.name] = {
                "value": score.value, "lo": score.lo, "hi": score.hi, "n": score.n, "signature": score.signature,
                "reference_hash": score.reference_hash,
            }  # fmt: skip
    return found


def _string(row: Row, key: str, *, none_is: str | None = None) -> str:
    value = row.get(key)
    if value is None and none_is is not None:
        return none_is
    if not isinstance(value, str):
        raise UserError(f"'{key}' must be a text, not {type(value).__name__}")
    return _clean(value)


def _strings(row: Row, key: str) -> tuple[str, ...]:
    values = _list(row.get(key))
    texts = tuple(_clean(value) for value in values if isinstance(value, str))
    if len(texts) < len(values):
        raise UserError(f"'{key}' must be a text or a list of texts")
    return texts


def _list(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _cleaned(value: object) -> object:
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    """Half of a surrogate pair is no character: it becomes U+FFFD, so that every later step can encode the text."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _dump(row: Mapping[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False, allow_nan=False)
