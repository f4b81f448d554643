"""QA metrics against literal values of the official SQuAD v1.1 and MLQA v1 behaviour, and our own beside them."""

import pytest

from tasks.metrics import METRICS, Case

# lang, answer, references, exact match, F1: SQuAD v1.1 (ASCII punctuation and English articles, tokens at spaces).
SQUAD = [
    ("en", "the Denver Broncos", ("Denver Broncos",), 1, 1),
    ("en", "Denver Broncos won", ("Denver Broncos",), 0, 4 / 5),
    ("en", "DENVER, broncos!", ("Denver Broncos",), 1, 1),
    ("en", "a cat and the dog", ("cat and dog",), 1, 1),
    ("en", "theater", ("the ater",), 0, 0),
    ("en", "", ("",), 1, 0),
    ("en", "the", ("a",), 1, 0),
    ("en", "", ("Denver",), 0, 0),
    ("en", "Denver", ("",), 0, 0),
    ("en", "U.S.", ("US",), 1, 1),
    ("en", "well-known", ("well known",), 0, 0),
    ("en", "1.5", ("15",), 1, 1),
    ("en", "two two two", ("two",), 0, 1 / 2),
    ("en", "“Denver”", ("Denver",), 0, 0),
    ("en", "Broncos", ("Denver", "the Broncos", "Denver Broncos"), 1, 1),
    ("en", "Denver team", ("Denver", "Denver Broncos of Colorado"), 0, 2 / 3),
    ("de", "der Hund", ("Hund",), 0, 2 / 3),
    ("zh", "北京。", ("北京",), 0, 0),
    ("zh", "《红楼梦》", ("红楼梦",), 0, 0),
    ("zh", "北京市", ("北京",), 0, 0),
    ("th", "กรุงเทพมหานคร", ("กรุงเทพ",), 0, 0),
    ("ja", "東京都", ("東京都",), 1, 1),
    ("vi", "của Hà Nội", ("Hà Nội",), 0, 4 / 5),
    ("es", "¿el Río?", ("el Río",), 0, 1 / 2),
    ("ar", "القاهرة؟", ("القاهرة",), 0, 0),
    ("hi", "दिल्ली।", ("दिल्ली",), 0, 0),
    ("ru", "Москва a", ("москва",), 1, 1),
    ("ko", "서울 특별시", ("서울",), 0, 2 / 3),
]

# MLQA v1: every Unicode punctuation, the language's articles, Chinese by characters.
MLQA = [
    ("en", "the Denver Broncos", ("Denver Broncos",), 1, 1),
    ("en", "“Denver”", ("Denver",), 1, 1),
    ("en", "", ("",), 1, 0),
    ("es", "¿el Río?", ("Río",), 1, 1),
    ("es", "unas casas", ("las casas",), 1, 1),
    ("es", "ella", ("la",), 0, 0),
    ("es", "un perro", ("perro grande",), 0, 2 / 3),
    ("de", "der Hund", ("einem Hund",), 1, 1),
    ("de", "„Faust“", ("Faust",), 1, 1),
    ("de", "deren", ("der",), 0, 0),
    ("vi", "của Hà Nội", ("Hà Nội",), 1, 1),
    ("vi", "những cái cây", ("cây",), 1, 1),
    ("ar", "القاهرة؟", ("قاهرة",), 1, 1),
    ("ar", "والكتاب", ("و كتاب",), 1, 1),
    ("ar", "سؤال", ("سؤ",), 1, 1),
    ("hi", "दिल्ली।", ("दिल्ली",), 1, 1),
    ("hi", "नई दिल्ली", ("दिल्ली",), 0, 2 / 3),
    ("zh", "《红楼梦》", ("红楼梦",), 1, 1),
    ("zh", "北京市", ("北京",), 0, 4 / 5),
    ("zh", "在1990年", ("1990年",), 0, 4 / 5),
    ("zh", "北京。", ("北京",), 1, 1),
    ("zh", "IBM公司", ("ibm 公司",), 1, 1),
    ("zh", "龦", ("龦龦",), 0, 0),  # beyond U+9FA5: not segmented by the script
    ("zh", "", ("",), 1, 0),
]

# f1_chars and gold_contained: lang, answer, references, F1, contained.
OURS = [
    ("th", "กรุงเทพมหานคร", ("กรุงเทพ",), 14 / 20, 1),
    ("zh", "北京市", ("北京",), 4 / 5, 1),
    ("zh", "《红楼梦》", ("红楼梦",), 1, 1),
    ("zh-Hant", "臺北市", ("臺北",), 4 / 5, 1),
    ("ja", "ﾄｳｷｮｳ", ("トウキョウ",), 1, 1),
    ("zh", "1815年", ("5年",), 4 / 7, 0),
    ("zh", "是1.5米", ("5米",), 4 / 7, 0),
    ("lo", "ວຽງຈັນ", ("ວຽງຈັນ",), 1, 1),
    ("km", "ភ្នំ​ពេញ", ("ភ្នំពេញ",), 1, 1),  # a zero-width space in the answer
    ("my", "ရန်ကုန်", ("မန္တလေး",), 2 / 14, 0),
    ("en", "The answer is Paris.", ("Paris",), 2 / 5, 1),
    ("en", "Parisian", ("Paris",), 0, 0),
    ("en", "$1,500", ("1500",), 1, 1),
    ("en", "1.5", ("15",), 0, 0),
    ("en", "-5", ("5",), 0, 0),
    ("en", "5%", ("5",), 1, 1),
    ("en", "the US", ("U.S.",), 2 / 3, 1),
    ("en", "U.S.", ("US",), 1, 1),
    ("tr", "Ankara'dır", ("Ankara",), 0, 1),
    ("ko", "서울입니다", ("서울",), 0, 1),
    ("de", "STRASSE", ("Straße",), 1, 1),
    ("hi", "दिल्ली।", ("दिल्ली",), 1, 1),
    ("ar", "في القاهرة؟", ("القاهرة",), 2 / 3, 1),
    ("es", "¡Río!", ("mar", "río"), 1, 1),
    ("vi", "Ha\u0300 Nội", ("Hà Nội",), 1, 1),
    ("sw", "mwaka 1990", ("1990",), 2 / 3, 1),
    ("bn", "ঢাকা", ("ঢাকা",), 1, 1),
    ("te", "హైదరాబాద్.", ("హైదరాబాద్",), 1, 1),
    ("en", "", ("Paris",), 0, 0),
]


def value(metric: str, lang: str, answer: str, gold: tuple[str, ...]) -> float | None:
    measure = METRICS[metric].measure
    assert measure is not None
    return measure(Case("qa", lang, answer, gold)).value


@pytest.mark.parametrize(("lang", "answer", "gold", "em", "f1"), SQUAD)
def test_squad_v1(lang: str, answer: str, gold: tuple[str, ...], em: float, f1: float) -> None:
    assert value("em_official", lang, answer, gold) == em
    assert value("f1_official", lang, answer, gold) == pytest.approx(f1, abs=1e-12)


@pytest.mark.parametrize(("lang", "answer", "gold", "em", "f1"), MLQA)
def test_mlqa_v1(lang: str, answer: str, gold: tuple[str, ...], em: float, f1: float) -> None:
    assert value("em_mlqa", lang, answer, gold) == em
    assert value("f1_mlqa", lang, answer, gold) == pytest.approx(f1, abs=1e-12)


@pytest.mark.parametrize(("lang", "answer", "gold", "f1", "contained"), OURS)
def test_every_script(lang: str, answer: str, gold: tuple[str, ...], f1: float, contained: float) -> None:
    assert value("f1_chars", lang, answer, gold) == pytest.approx(f1, abs=1e-12)
    assert value("gold_contained", lang, answer, gold) == contained


def test_mlqa_says_where_it_is_not_defined() -> None:
    measure = METRICS["em_mlqa"].measure
    assert measure is not None
    measured = measure(Case("qa", "th", "ก", ("ก",)))
    assert (measured.value, measured.reason) == (None, "MLQA v1 is not defined for 'th'")


def test_a_reference_of_punctuation_only_has_no_character_score() -> None:
    assert value("f1_chars", "en", "x", ("—",)) is None
    assert value("gold_contained", "en", "x", ("—",)) is None


def test_no_reference_is_no_score() -> None:
    assert [value(name, "en", "x", ()) for name in ("em_official", "f1_mlqa", "f1_chars", "gold_contained")] == [
        None
    ] * 4


def test_d11_a_chinese_title_in_its_brackets_is_right() -> None:
    """D11: the English normaliser gives '《红楼梦》' 0 for gold '红楼梦', and one reference was used."""
    assert value("f1_official", "zh", "《红楼梦》", ("红楼梦",)) == 0
    assert value("f1_chars", "zh", "《红楼梦》", ("石头记", "红楼梦")) == 1
    assert value("em_mlqa", "zh", "《红楼梦》", ("石头记", "红楼梦")) == 1
