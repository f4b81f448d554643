"""Checks a data set before it is used: what would make a score wrong in one language and right in another."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

from datasets_cfg.config import DatasetConfig
from tasks.load import expected_count, plain_number, problem
from tasks.numbers import Number, parse_numbers
from tasks.parallel import Finding, check_parallel
from tasks.schema import Item
from tasks.scripts import letter_scripts, script_counts
from tasks.text_damage import damage, is_nfc, lacks_script, letters

ItemsByLang = Mapping[str, Sequence[Item]]
Severity = Literal["error", "warning", "info"]
# Texts of fewer letters are the same in two languages by right: names, numbers, formulas.
_SAME_LETTERS = 25
# The share of a language's items above which a warning is an error: not an item is bad then, but the file.
_GRAVE = {"replacement_character": 0.05, "mojibake": 0.25, "untranslated": 0.5, "script": 0.5, "numbers": 0.5}


class _Field(NamedTuple):
    name: str
    text: str
    lang: str


class _Check(NamedTuple):
    """A data set in the form that every check takes; `reference` is English by parallel_id where there is English."""

    config: DatasetConfig
    items: ItemsByLang
    reference: Mapping[str, Item]


def check_items(config: DatasetConfig, items_by_lang: ItemsByLang) -> list[Finding]:
    """Every finding, errors first. What is compared across languages is held against English.

    An error makes scores wrong (items that cannot be asked, languages that are not parallel, lost text); a warning
    wants a look; an info is to be known. One finding for each code and language, with the ids it was seen in.
    """
    reference = {} if config.parallel == "none" else {item.parallel_id: item for item in items_by_lang.get("en", ())}
    check = _Check(config, items_by_lang, reference)
    findings = [*check_parallel(config, items_by_lang), *(found for run in _CHECKS for found in run(check))]
    return sorted(findings, key=lambda found: ("error", "warning", "info").index(found.severity))


def check_counts(config: DatasetConfig, items_by_lang: ItemsByLang, data_dir: Path | None) -> list[Finding]:
    """For whole data sets (no limit): counts that are not the configured ones, too few items to decide by."""
    findings: list[Finding] = []
    for lang, items in items_by_lang.items():
        expected = expected_count(config, lang, data_dir)
        if expected is not None and len(items) != expected:
            message = f"there are {len(items)} items, the configuration says {expected}"
            findings.append(Finding("error", "count", lang, (), message))
        if len(items) < config.min_items:
            message = f"{len(items)} items are fewer than the {config.min_items} that a decision needs"
            findings.append(Finding("warning", "few_items", lang, (), message))
    return findings


class _Seen:
    """Gathers what was seen item by item into one finding for each code."""

    def __init__(self, lang: str, items: Sequence[Item]) -> None:
        self.lang, self.total = lang, len(items)
        self._found: dict[tuple[Severity, str], list[tuple[str, str]]] = defaultdict(list)

    def add(self, severity: Severity, code: str, item_id: str, what: str) -> None:
        self._found[severity, code].append((item_id, what))

    def findings(self) -> Iterator[Finding]:
        for (severity, code), seen in self._found.items():
            ids = tuple(dict.fromkeys(item_id for item_id, _ in seen))
            if severity == "warning" and len(ids) > _GRAVE.get(code, 1) * self.total:
                severity = "error"
            count = "1 item" if len(ids) == 1 else f"{len(ids)} items"
            yield Finding(severity, code, self.lang, ids, f"{count} of {self.total}; '{ids[0]}' {seen[0][1]}")


def _usable(check: _Check) -> Iterator[Finding]:
    """Ids that stand twice; items without question, option or gold, or with a gold that is none."""
    for lang, items in check.items.items():
        seen = _Seen(lang, items)
        for item_id, times in Counter(item.item_id for item in items).items():
            if times > 1:
                seen.add("error", "duplicate_id", item_id, f"stands {times} times")
        for item in items:
            if what := problem(item):
                if "surrogate" in what:  # damaged text is told of below, with its place
                    continue
                seen.add("error", "gold" if "gold" in what else "empty", item.item_id, what)
            elif item.context == "" and check.config.columns.context is not None:
                seen.add("error", "empty", item.item_id, "has no context")
        yield from seen.findings()


def _duplicate_texts(check: _Check) -> Iterator[Finding]:
    """Questions that are one text in a language: asked twice, or two questions that translation made one."""
    for lang, items in check.items.items():
        first: dict[tuple[object, ...], Item] = {}
        seen = _Seen(lang, items)
        for item in items:
            other = first.setdefault((item.question, item.context, item.options), item)
            if other is item or other.item_id == item.item_id:
                continue
            what = f"asks the same as '{other.item_id}'"
            if other.gold != item.gold:
                what += f", but its gold is {'/'.join(item.gold)}, not {'/'.join(other.gold)}"
            seen.add("warning", "duplicate_text", item.item_id, what)
        yield from seen.findings()


def _same_shape(check: _Check) -> Iterator[Finding]:
    """Options and categories that are not those of the same item in English."""
    for lang, items in check.items.items():
        seen = _Seen(lang, items)
        for item in items:
            english = check.reference.get(item.parallel_id)
            if english is None:
                continue
            if len(item.options) != len(english.options):
                what = f"has {len(item.options)} options, {len(english.options)} in English"
                seen.add("error", "options", item.item_id, what)
            elif _reordered(item, english):
                what = f"has its options in another order than in English: '{' / '.join(item.options)[:60]}'"
                seen.add("error", "options", item.item_id, what)
            if item.category != english.category:
                what = f"is of category '{item.category}', '{english.category}' in English"
                seen.add("warning", "category", item.item_id, what)
        yield from seen.findings()


def _reordered(item: Item, english: Item) -> bool:
    """Whether the options, by their numbers or by texts that are the same in both, are the English ones moved about."""
    own, other = _option_keys(item), _option_keys(english)
    return own != other and len(set(own)) == len(own) and sorted(own) == sorted(other)


def _option_keys(item: Item) -> list[str]:
    """What of each option is the same in every language: its numbers, where it has some, else its text."""
    numbers = [[_plain(n.value) for n in parse_numbers(option, item.lang)] for option in item.options]
    return [" ".join(found) or text.strip().casefold() for found, text in zip(numbers, item.options, strict=True)]


def _texts(check: _Check) -> Iterator[Finding]:
    """Text that is damaged, untranslated, in another script, or not in normal form."""
    for lang, items in check.items.items():
        seen = _Seen(lang, items)
        for item in items:
            english = check.reference.get(item.parallel_id)
            originals = {field.name: field for field in _fields(check.config, english)} if english else {}
            for field in _fields(check.config, item):
                _text(seen, item, field, originals.get(field.name))
        yield from seen.findings()


def _text(seen: _Seen, item: Item, field: _Field, original: _Field | None) -> None:
    for code, what in damage(field.text):
        # A lone surrogate can be written to no file; the others spoil a word.
        severity: Severity = "error" if code == "lone_surrogate" else "warning"
        seen.add(severity, code, item.item_id, f"has in its {field.name} {what}")
    # Options and golds are names often enough.
    doubt: Severity = "warning" if field.name in ("question", "context") else "info"
    same = original is not None and original.lang != field.lang and field.text == original.text
    if same and letters(field.text) >= _SAME_LETTERS:
        seen.add(doubt, "untranslated", item.item_id, f"has the English {field.name}: '{field.text[:40]}'")
    elif lacks_script(field.text, field.lang):
        what = f"has no letter of its script in its {field.name}: '{field.text[:40]}'"
        seen.add(doubt, "script", item.item_id, what)
    if not is_nfc(field.text):
        what = f"is not in normal form C in its {field.name}; comparisons normalise it"
        seen.add("info", "not_nfc", item.item_id, what)


def _fields(config: DatasetConfig, item: Item) -> Iterator[_Field]:
    """The texts of an item, each with the language that it should be in."""
    asked = config.question_language or item.lang
    yield _Field("question", item.question, asked)
    yield _Field("context", item.context, asked)
    yield _Field("options", " / ".join(item.options), asked)
    if config.kind not in ("math", "choice", "nli"):
        yield from (_Field("gold", gold, config.answer_language or item.lang) for gold in item.gold)


def _labels(check: _Check) -> Iterator[Finding]:
    """Labels that look alike or come from two scripts: an answer could not be told apart."""
    for lang, items in check.items.items():
        seen = _Seen(lang, items)
        for labels in dict.fromkeys(item.labels for item in items if item.labels):
            item_id = next(item.item_id for item in items if item.labels == labels)
            scripts = set(script_counts(letter_scripts("".join(labels))))
            if len(scripts) > 1 and not scripts <= {"Hani", "Hira", "Kana"}:
                what = f"has labels of several scripts: {', '.join(labels)}"
                seen.add("warning", "label_scripts", item_id, what)
            if len({label.strip().casefold() for label in labels}) < len(labels):
                seen.add("error", "labels", item_id, f"has labels that are the same: {', '.join(labels)}")
        yield from seen.findings()


def _numbers(check: _Check) -> Iterator[Finding]:
    """Numbers in the question that are not those of the English one.

    Written in digits on both sides and different: a warning. Missing only: mostly written as a word, an info.
    """
    english = {key: _digits(item, check.config) for key, item in check.reference.items()}
    for lang, items in check.items.items():
        seen = _Seen(lang, items)
        for item in items:
            expected = english.get(item.parallel_id)
            if expected is None or not item.question or item is check.reference[item.parallel_id]:
                continue
            missing, other = _apart(expected, item, check.config)
            if missing and other:
                what = f"has {', '.join(other)} where English has {', '.join(missing)}"
                seen.add("warning", "numbers", item.item_id, what)
            elif missing:
                seen.add("info", "numbers_as_words", item.item_id, f"does not write {', '.join(missing)} in digits")
        yield from seen.findings()


def _digits(item: Item, config: DatasetConfig) -> Counter[str]:
    return Counter(_plain(number.value) for number in _read(item, config) if not number.spelled)


def _read(item: Item, config: DatasetConfig) -> list[Number]:
    return parse_numbers(item.question, config.question_language or item.lang)


def _apart(expected: Counter[str], item: Item, config: DatasetConfig) -> tuple[list[str], list[str]]:
    """The English numbers that an item lacks in every reading, and the digits it has instead."""
    numbers = _read(item, config)
    readings = Counter(_plain(number.value) for number in numbers)
    others = {_plain(value) for number in numbers for value in number.alts}
    missing = [value for value in expected - readings if value not in others]
    written = Counter(_plain(number.value) for number in numbers if not number.spelled)
    return missing, list(written - expected)


def _plain(value: Decimal) -> str:
    # A range (3-5) reads as a minus in some languages: signs are not compared.
    return plain_number(f"{abs(value):f}")


def _balance(check: _Check) -> Iterator[Finding]:
    """Gold labels that always answering one letter would profit from; categories of very unequal size."""
    for lang, items in check.items.items():
        golds = Counter(item.gold[0] for item in items if item.kind in ("choice", "nli") and item.gold)
        total, chance = sum(golds.values()), 1 / max(len(items[0].labels) if items else 1, 1)
        for label, times in golds.most_common(1):
            if times / total > chance + 3 * (chance * (1 - chance) / total) ** 0.5:
                message = (
                    f"the gold is '{label}' in {times} of {total} items ({times / total:.0%}, chance {chance:.0%})"
                )
                yield Finding("info", "gold_balance", lang, (), message)
        sizes = Counter(item.category for item in items if item.category).most_common()
        if len(sizes) > 1 and sizes[0][1] > 5 * sizes[-1][1]:
            message = f"category '{sizes[0][0]}' has {sizes[0][1]} items, '{sizes[-1][0]}' {sizes[-1][1]}"
            yield Finding("info", "category_balance", lang, (), message)


_CHECKS: tuple[Callable[[_Check], Iterable[Finding]], ...] = (
    _usable,
    _duplicate_texts,
    _same_shape,
    _texts,
    _labels,
    _numbers,
    _balance,
)
