"""Measures how many math and choice answers a second one core extracts and matches: python benchmarks/extraction.py."""

import sys
import time
from collections.abc import Callable

from tasks.extract import extract_answer
from tasks.match import match_answer
from tasks.schema import Kind

ROWS = 20_000
LABELS = ("A", "B", "C", "D")
# Typical answers of 200 to 300 characters: a few steps, then the answer in one of the usual forms.
MATH = (
    ("en", "Janet's ducks lay 16 eggs per day. She eats three for breakfast and bakes muffins with four, so 16 - 3 - 4 = 9 "
           "eggs are left. She sells them for $2 each, which makes 9 * 2 = $18 every day at the market.\n\nAnswer: 18", "18"),
    ("de", "Janets Enten legen 16 Eier pro Tag. Drei isst sie zum Frühstück und vier verbackt sie, es bleiben also 16 - 3 - 4 "
           "= 9 Eier. Sie verkauft sie für je 2 Dollar und verdient damit 9 * 2 = 18 Dollar am Tag. Die Antwort lautet 18.", "18"),
    ("th", "เป็ดของเจเน็ตออกไข่วันละ 16 ฟอง เธอกินเป็นอาหารเช้า 3 ฟอง และอบมัฟฟิน 4 ฟอง จึงเหลือ 16 - 3 - 4 = 9 ฟอง "
           "เธอขายฟองละ 2 ดอลลาร์ ดังนั้นเธอได้เงิน 9 * 2 = 18 ดอลลาร์ต่อวัน\nคำตอบ: ๑๘", "18"),
    ("bn", "জ্যানেটের হাঁস প্রতিদিন 16টি ডিম পাড়ে। সে 3টি খায় এবং 4টি দিয়ে মাফিন বানায়, তাই 16 - 3 - 4 = 9টি ডিম থাকে। প্রতিটি 2 ডলারে "
           "বিক্রি করে সে প্রতিদিন 9 * 2 = 18 ডলার আয় করে। উত্তর হল ১৮।", "18"),
    ("zh", "珍妮特的鸭子每天下16个蛋。她早餐吃3个，用4个烤松饼，所以还剩16 - 3 - 4 = 9个鸡蛋。她以每个2美元的价格出售，因此她每天在农贸市场赚"
           "9 * 2 = 18美元。我们再检查一遍：每天总共有16个蛋，减去7个等于9个。因此，答案是 $\\boxed{18}$。", "18"),
)  # fmt: skip
CHOICE = (
    ("en", "The question asks for the capital of France. London is the capital of the United Kingdom, Rome of Italy and "
           "Berlin of Germany, so options A, C and D are wrong. Paris is the capital of France.\n\n**Answer: B) Paris**", "B"),
    ("fr", "La question porte sur la capitale de la France. Londres est la capitale du Royaume-Uni, Rome celle de l'Italie et "
           "Berlin celle de l'Allemagne. Paris est bien la capitale de la France. La bonne réponse est B.", "B"),
    ("th", "คำถามถามถึงเมืองหลวงของฝรั่งเศส ลอนดอนเป็นเมืองหลวงของสหราชอาณาจักร โรมเป็นของอิตาลี และเบอร์ลินเป็นของเยอรมนี "
           "ดังนั้นปารีสจึงเป็นเมืองหลวงของฝรั่งเศส คำตอบคือ ข้อ B", "B"),
    ("ja", "フランスの首都を問う問題です。ロンドンはイギリス、ローマはイタリア、ベルリンはドイツの首都なので、いずれも当てはまりません。パリがフランスの首都です。"
           "したがって、正解はパリとなります。\n答え：B", "B"),
)  # fmt: skip


def rows_per_second(kind: Kind, samples: tuple[tuple[str, str, str], ...], labels: tuple[str, ...]) -> float:
    """Rows per second of CPU time; every row must be right, else the number means nothing."""
    # Each answer is another text, as in a run.
    rows = [
        (lang, f"{text[:40]}{number} {text[40:]}", gold)
        for number in range(ROWS // len(samples))
        for lang, text, gold in samples
    ]
    started = time.process_time()
    right = 0
    for lang, text, gold in rows:
        extraction = extract_answer(text, kind, lang, labels)
        right += match_answer(extraction, kind, lang, (gold,)).lenient is True
    seconds = time.process_time() - started
    if right != len(rows):
        raise SystemExit(f"{kind}: only {right} of {len(rows)} rows were read right")
    return len(rows) / seconds


def main() -> None:
    measured: dict[str, Callable[[], float]] = {
        "math": lambda: rows_per_second("math", MATH, ()),
        "choice": lambda: rows_per_second("choice", CHOICE, LABELS),
    }
    for name, measure in measured.items():
        print(f"{name:8}{max(measure() for _ in range(3)):10,.0f} rows/s/core")


if __name__ == "__main__":
    sys.exit(main())
