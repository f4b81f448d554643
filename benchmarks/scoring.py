"""Rows a second on one core for each kind of scoring, beside plain sacreBLEU: python benchmarks/scoring.py [rows]."""

import platform
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle, islice

from sacrebleu.metrics.chrf import CHRF

from tasks.codeswitch import code_switch
from tasks.extract import extract_answer
from tasks.match import match_answer
from tasks.metrics import METRICS, Case
from tasks.metrics.translation import chrf, chrf_item
from tasks.schema import Extraction
from tasks.score_rows import score_rows

ROWS = 100_000

MATH = (
    ("en", "She sold 16 - 3 - 4 = 9 eggs a day. She makes 9 * 2 = 18 dollars every day.\nANSWER: 18", "18"),
    ("de", "Sie verdient 9 * 2 = 18 Euro am Tag, im Jahr also 6.570 Euro. Die Antwort lautet 6.570.", "6570"),
    ("zh", "她每天卖出16-3-4=9个鸡蛋，每个2元，所以每天收入18元。答案是18。", "18"),
    ("th", "เธอขายไข่วันละ 9 ฟอง ฟองละ 2 บาท รวมเป็น 18 บาท คำตอบคือ ๑๘", "18"),
    ("bn", "তিনি প্রতিদিন ৯টি ডিম ২ টাকা দরে বিক্রি করেন, মোট ১৮ টাকা। উত্তর হল ১৮।", "18"),
    ("ru", "Она продаёт 9 яиц по 2 доллара, то есть 18 долларов в день. Ответ: 18", "18"),
    ("sw", "Anauza mayai 9 kila siku kwa shilingi 2, jumla shilingi 18. Jibu ni 18.", "18"),
    ("ja", "彼女は毎日9個の卵を2ドルで売るので、18ドルになります。答えは18です。", "18"),
)
CHOICE = (
    ("en", "The passage says that the river is the longest one, so the answer is B.", ("A", "B", "C", "D"), "B"),
    ("th", "จากข้อความ แม่น้ำสายนี้ยาวที่สุด ดังนั้นคำตอบคือ ข", ("ก", "ข", "ค", "ง"), "ข"),
    ("zh", "根据文章，这条河最长，所以答案是 B。", ("A", "B", "C", "D"), "B"),
    ("ru", "**Ответ: Б**", ("А", "Б", "В", "Г"), "Б"),
    ("ko", "지문에 따르면 이 강이 가장 깁니다. 정답: B", ("A", "B", "C", "D"), "B"),
)
QA = (
    ("en", "the Denver Broncos", ("Denver Broncos", "The Broncos")),
    ("zh", "《红楼梦》", ("红楼梦", "石头记")),
    ("th", "กรุงเทพมหานคร", ("กรุงเทพ",)),
    ("ar", "مدينة القاهرة", ("القاهرة",)),
    ("hi", "नई दिल्ली।", ("दिल्ली",)),
)
TEXTS = (
    ("en", "The river rises in the mountains, crosses the plain and reaches the sea after a thousand kilometres."),
    ("de", "Der Fluss entspringt in den Bergen, durchquert die Ebene und erreicht nach tausend Kilometern das Meer."),
    ("zh", "这条河发源于山区，穿过平原，流经一千公里后注入大海，沿岸住着许多人。"),
    ("th", "แม่น้ำสายนี้มีต้นกำเนิดในภูเขา ไหลผ่านที่ราบ และลงสู่ทะเลหลังจากไหลไปหนึ่งพันกิโลเมตร"),
    ("hi", "यह नदी पहाड़ों से निकलती है, मैदान को पार करती है और हज़ार किलोमीटर के बाद समुद्र में मिलती है।"),
    ("sw", "Mto huu unaanzia milimani, unapita katika uwanda na kufika baharini baada ya kilomita elfu moja."),
    ("ja", "この川は山に源を発し、平野を横切り、千キロメートル流れて海に注ぎます。"),
)


def main(rows: int) -> None:
    machine = platform.processor() or platform.machine()
    print(f"{rows:,} rows a line, one core of {machine}, Python {platform.python_version()}")
    print(f"{'what':34} {'rows/s':>9} {'MiB':>6}")
    measure("math: extract and match", rows, math)
    measure("choice: extract and match", rows, choice)
    measure("QA: six metrics", rows, qa)
    measure("language fidelity", rows, fidelity)
    measure("score_rows, math with language", rows, lines)
    some = rows // 10
    measure("chrF: items, corpus, interval", some, ours)
    measure("plain sacreBLEU: corpus only", some, plain)
    measure("plain sacreBLEU: items and corpus", some, plain_both)


def measure(what: str, rows: int, run: Callable[[int], object]) -> None:
    """Print rows per second of CPU time after a warm-up, and the largest memory so far."""
    run(200)
    start = time.process_time()
    run(rows)
    taken = time.process_time() - start
    print(f"{what:34} {rows / taken:9,.0f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:6.0f}")


def math(rows: int) -> None:
    for number, (lang, text, gold) in enumerate(islice(cycle(MATH), rows)):
        # Every answer is another text, so that no cache can answer for the extractor.
        match_answer(extract_answer(f"{number}. {text}", "math", lang), "math", lang, (gold,))


def choice(rows: int) -> None:
    for number, (lang, text, labels, gold) in enumerate(islice(cycle(CHOICE), rows)):
        match_answer(extract_answer(f"{number}. {text}", "choice", lang, labels), "choice", lang, (gold,))


def qa(rows: int) -> None:
    chosen = ("em_official", "f1_official", "em_mlqa", "f1_mlqa", "f1_chars", "gold_contained")
    functions = [found for name in chosen if (found := METRICS[name].measure) is not None]
    for number, (lang, text, gold) in enumerate(islice(cycle(QA), rows)):
        answer = f"{text} {number}"
        case = Case("qa", lang, answer, gold, Extraction("found", answer, "whole", True))
        for function in functions:
            function(case)


def fidelity(rows: int) -> None:
    for number, (lang, text) in enumerate(islice(cycle(TEXTS), rows)):
        code_switch(f"{number}. {text}", lang)


def lines(rows: int) -> None:
    def source() -> Iterator[str]:
        import json

        for number, (lang, text, gold) in enumerate(islice(cycle(MATH), rows)):
            yield json.dumps({"id": number, "kind": "math", "lang": lang, "answer": f"{number}. {text}", "gold": gold})

    exhaust(score_rows(source()))


def exhaust(found: Iterable[object]) -> None:
    for _ in found:
        pass


def translations(rows: int) -> tuple[list[str], list[str]]:
    texts = [f"{number}. {text}" for number, (_, text) in enumerate(islice(cycle(TEXTS), rows))]
    return [text.replace("a", "e").replace("山", "川") for text in texts], texts


def ours(rows: int) -> None:
    cases = [Case("translation", "en", a, (b,)) for a, b in zip(*translations(rows), strict=True)]
    chrf([chrf_item(case) for case in cases], cases)


def plain(rows: int) -> None:
    answers, references = translations(rows)
    CHRF().corpus_score(answers, [references])


def plain_both(rows: int) -> None:
    answers, references = translations(rows)
    scorer = CHRF()
    for answer, reference in zip(answers, references, strict=True):
        scorer.sentence_score(answer, [reference])
    scorer.corpus_score(answers, [references])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
