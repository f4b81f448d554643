"""The language of a line: every language of ours, those that look alike, and lines that say nothing."""

import json
from pathlib import Path

import pytest

from tasks.language_id import canonical, line_language, sentence_language, supported
from tasks.languages import LANGUAGES
from tasks.lexicon import FUNCTION_WORDS, english, englishness, frequencies
from tasks.mask import mask, mask_terms
from tasks.scripts import letter_scripts, normalize_text, normalized, script_counts

ROWS = [
    json.loads(line) for line in (Path(__file__).parent / "data/switch_cases.jsonl").read_text("utf-8").splitlines()
]
PLAIN = {row["lang"]: row["text"] for row in ROWS if row["what"] == "a plain sentence"}
# A line in the first counts as the second: nothing free tells them apart.
SAME = {("id", "ms"), ("ms", "id"), ("da", "no"), ("no", "da")}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_own_line(lang: str) -> None:
    assert line_language(PLAIN[lang], lang) == lang


@pytest.mark.parametrize("lang", LANGUAGES)
def test_lines_of_every_other_language(lang: str) -> None:
    """Whatever it is taken for, it must not be taken for the wanted language."""
    mistaken = {other for other, line in PLAIN.items() if other != lang and line_language(line, lang) == lang}
    assert mistaken <= {other for other, wanted in SAME if wanted == lang} | ({"ca"} if lang == "es" else set())


@pytest.mark.parametrize(
    ("line", "lang", "found"),
    [
        ("Nein, danke.", "de", None),
        ("Jean-Pierre Dupont, María García, John Smith, Angela Merkel, Barack Obama", "de", None),
        ("12 345 678 90", "de", None),
        ("เมืองหลวงของไทยคือกรุงเทพ", "th", "th"),  # one whitespace token
        ("ไทย", "th", None),
        ("東京は日本の首都です", "ja", "ja"),
        ("东京是日本的首都也是最大的城市", "ja", "zh"),
        ("這個問題的答案是東京", "zh", "zh-Hant"),
        ("東京都、神奈川県、千葉県、埼玉県", "ja", "ja"),
        ("THE CAPITAL OF FRANCE IS THE CITY OF PARIS", "de", "en"),
        ("Այս հարցը շատ լավն է և ես կպատասխանեմ", "ru", "und"),
        ("এটো বৰ ভাল প্ৰশ্ন আৰু মই ইয়াৰ উত্তৰ দিম", "bn", "und"),
        ("Python и TensorFlow используются в машинном обучении", "ru", "ru"),
        ("هذا سؤال جيد جدا عن جوجل وسوف أجيب عليه", "ar", "ar"),
        ("Жауап өте қарапайым, себебі екі сан қосылады", "ru", "und"),
    ],
)
def test_line(line: str, lang: str, found: str | None) -> None:
    assert line_language(line, lang) == found


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("de", "de"), ("de-AT", "de"), ("pt_BR", "pt"), ("zh-CN", "zh"), ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"), ("fil", "tl"), ("nb", "no"), ("iw", "he"), ("xx", None), ("", None),
    ],
)  # fmt: skip
def test_tags(tag: str, code: str | None) -> None:
    assert canonical(tag) == code
    assert supported(tag) is (code is not None)


def test_a_sentence_within_a_right_line_needs_one_word_of_its_own() -> None:
    assert sentence_language("Angela Merkel und Emmanuel Macron trafen Joe Biden.", "de") == "de"
    assert sentence_language("Le ministre a rencontré les députés hier matin à Paris.", "de") == "fr"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("cafe\u0301", "café"), ("می\u200cخواهم", "میخواهم"), ("\u202bשלום\u202c", "שלום"), ("a\ufeffb\u00adc", "abc"),
        ("ก\u200bา", "กา"), ("plain", "plain"), ("", ""), ("한", "한"),
    ],
)  # fmt: skip
def test_normalize(text: str, normal: str) -> None:
    assert normalize_text(text) == normal
    found = normalized(text)
    assert found.text == normal
    assert found.original_span(0, len(normal)) in ((0, len(text)), (1, len(text)), (1, len(text) - 1))


def test_scripts_count_vowel_signs_and_no_digits() -> None:
    assert script_counts(letter_scripts("กำ๑๒ हिन्दी२ abc1 カー 𠀀 ½ª")) == {
        "Thai": 2, "Deva": 6, "Latn": 3, "Kana": 1, "Hani": 1,
    }  # fmt: skip


def test_defect_wordfreq_answers_with_english_for_swahili() -> None:
    """wordfreq.get_frequency_dict('sw') is the English list: with it no Swahili word would count as Swahili."""
    assert "katika" in frequencies("sw")
    assert "which" not in frequencies("sw")
    assert englishness("sw")["which"] == 2.5
    assert englishness("sw")["katika"] < -2
    assert frequencies("te") == {}


def test_english_words_are_english() -> None:
    assert {"the", "which", "important", "a"} <= english()
    assert english().isdisjoint({"de", "der", "van", "km", "x", "und"})
    assert {"the", "of", "is"} <= FUNCTION_WORDS


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("a `b` c", "a     c"),
        ("siehe https://a.b/c gut", "siehe               gut"),
        ("(see the way to go home now) x", "(see the way to go home now) x"),
        ("KI (artificial intelligence) x", "KI                           x"),
        ("kostet $5 und $10 heute", "kostet $5 und $10 heute"),
        ("gilt $a+b$ hier", "gilt       hier"),
        ("```\nx\n", "   \n \n"),
        ("Wort(so wie es dort an der Wand steht)", "Wort(so wie es dort an der Wand steht)"),
        ("f(x, y) ist", "        ist"),
    ],
)
def test_mask_keeps_every_other_character_in_place(text: str, masked: str) -> None:
    assert mask(text, r"[\p{Latin}]") == masked


def test_mask_terms_takes_whole_words_as_written() -> None:
    assert mask_terms("In der Stadt, in Berlin, Inland", ("In",)) == "   der Stadt, in Berlin, Inland"
