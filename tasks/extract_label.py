"""Reads a class label written as a word (entailment, 中立, ขัดแย้ง), where a negated label is not that label."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from tasks.answer_words import NEGATING_NEXT, OR_WORD
from tasks.folding import fold_word
from tasks.payloads import Payload
from tasks.schema import ExtractionState

# Three classes in each language: what is entailed, what stays open, what is contradicted. The words before the bar
# may be found inside a sentence, those behind it (yes, no, true) only as the whole answer or its beginning.
_CLASSES = """
en entailment,entails,entailed|true,yes; neutral,undetermined|neither,maybe,unknown; contradiction,contradicts|false,no
ar استلزام,تضمين|صحيح,نعم; محايد,حياد|ربما; تناقض,متناقض|خطأ,لا
bg следствие|вярно,да; неутрално,неутрален|може би; противоречие|невярно,не
bn অনুসিদ্ধান্ত,সংশ্লেষ|সত্য,হ্যাঁ; নিরপেক্ষ|হয়তো; বিরোধ,বিরোধিতা,দ্বন্দ্ব|মিথ্যা,না
de Folgerung,Implikation|wahr,ja; neutral|vielleicht,unklar; Widerspruch|falsch,nein
el συνεπαγωγή|ναι,αληθές; ουδέτερο|ίσως; αντίφαση|όχι,ψευδές
es implicación,implica|verdadero,sí; neutral,neutro|quizás,tal vez; contradicción,contradice|falso,no
fa استلزام|بله,درست; خنثی|شاید; تناقض|خیر,نادرست
fr implication,implique|vrai,oui; neutre|peut-être; contradiction,contredit|faux,non
hi निहितार्थ,अनुलग्न|सत्य,हाँ,हां; तटस्थ|शायद; विरोधाभास,विरोध|असत्य,नहीं
id perikutan,keterlibatan|benar,ya; netral|mungkin; kontradiksi|salah,tidak
it implicazione|vero,sì; neutrale,neutro|forse; contraddizione|falso,no
ja 含意|真,はい; 中立|どちらでもない; 矛盾|偽,いいえ
ko 함의,수반|참,예,네; 중립|아마도; 모순|거짓,아니요,아니오
ms kemestian|benar,ya; neutral,berkecuali|mungkin; percanggahan,kontradiksi|salah,tidak
nl gevolgtrekking|waar,ja; neutraal|misschien; tegenspraak,contradictie|onwaar,nee
pl wynikanie|prawda,tak; neutralne|może; sprzeczność|fałsz,nie
pt implicação,acarretamento|verdadeiro,sim; neutro|talvez; contradição|falso,não
ru следствие,следование|верно,да; нейтрально,нейтральность|возможно,может быть; противоречие|неверно,нет
sw ufuatano,inafuata|kweli,ndiyo; wastani,isiyoegemea|labda,huenda; ukinzani,mkanganyiko,kinzana|uongo,hapana
te అనుసరణ|నిజం,అవును; తటస్థం|బహుశా; వైరుధ్యం|తప్పు,కాదు
th การตีความตาม,สอดคล้อง,สนับสนุน|จริง,ใช่; เป็นกลาง|อาจจะ,ไม่แน่ใจ; ขัดแย้ง|เท็จ,ไม่ใช่
tr gerektirme,çıkarım|doğru,evet; nötr,tarafsız|belki; çelişki|yanlış,hayır
uk наслідок|так,вірно; нейтрально|можливо; протиріччя,суперечність|ні,невірно
ur استلزام|ہاں,درست; غیر جانبدار|شاید; تضاد|نہیں,غلط
vi kéo theo,suy ra|đúng,có; trung lập,trung tính|có thể; mâu thuẫn|sai,không
zh 蕴含,蘊含,蕴涵|正确,是,对; 中立,中性|可能,不确定; 矛盾|错误,否,不对
"""
_EDGES = " \t\n*_`\"'“”«»「」『』()[]{}.,:;!?。、।$\\"
_SPACED = re.compile("[a-zß-ɏͰ-ϿЀ-ӿḀ-ỿ0-9]")
_ARTICLE = r"(?:(?:an?|the|ein|eine|une?|una?|um|uma|de|là)\s+)?"
# To be and there is, where they stand between the negator and the label: no es una …, لا يوجد …, 没有….
_VERB = (
    r"(?:(?:be|es|è|é|е|είναι|jest|hay|há|existe|υπάρχει|има|ada|ma|phải(?:\s+là)?|يوجد|توجد|هناك)\s+"
    r"|有|存在|构成|構成)?"
)
_NEGATED_BEFORE = re.compile(rf"{NEGATING_NEXT}[\s\"'“*]*{_VERB}{_ARTICLE}[\"'“*]*\Z", re.IGNORECASE)
_NEGATED_BEHIND = re.compile(
    r"\s*(?:では|じゃ|して|し|되지|하지|이|가|은|는|は)?\s*"
    r"(?:い?ない|なく|い?ません|ありません|않|없|yok(?!\w)|아니|아닙|नहीं|नाही|নয়|না\b|değil|نہیں|نیست|இல்லை|కాదు|ಅಲ್ಲ|નથી)"
)
_OPENERS = re.compile(r"[\s*_`\"'“「(\[]*")
_TO_PUNCTUATION = re.compile(r"[^\n.,;:!?。，、।(（*\"”'」—–]{1,40}")


@dataclass(frozen=True, slots=True)
class LabelReading:
    """The label of one payload with its place; `others` are what an ambiguous one could also mean."""

    state: ExtractionState
    label: str | None = None
    span: tuple[int, int] = (0, 0)
    others: tuple[str, ...] = ()


NOTHING = LabelReading("none")
DEFAULT_LABELS = ("entailment", "neutral", "contradiction")


@dataclass(frozen=True, slots=True)
class _Words:
    """`exact` leads from every way to say a label to it; `inside` matches those that count within a sentence."""

    exact: dict[str, str]
    inside: re.Pattern[str]


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().replace("_", " ")
    return re.sub(r"\s+", " ", re.sub(r"(?<=\w)-(?=\w)", " ", text)).strip(_EDGES)


@lru_cache(maxsize=8)
def _classes(lang: str) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """The three classes of a language: the words found inside a sentence, and those that answer alone."""
    line = next((row for row in _CLASSES.splitlines() if row.startswith(f"{lang} ")), "")
    rows = [part.partition("|") for part in line[len(lang) :].split(";")] if line else []
    return tuple((tuple(_plain(w) for w in a.split(",")), tuple(_plain(w) for w in b.split(","))) for a, _, b in rows)


@lru_cache(maxsize=256)
def _words(labels: tuple[str, ...], lang: str) -> _Words:
    """What each label is called: itself, then the names of its class, unless another label is called so too."""
    exact = {_plain(label): label for label in labels}
    inside = set(exact)
    own = dict(exact)
    native, english = _classes(lang.replace("_", "-").split("-")[0]), _classes("en")
    # The classes of every language stand in the same order, so that a label in either tongue is known by both.
    for (within, alone), (within_en, alone_en) in zip(native or english, english, strict=True):
        words = (*within, *alone, *within_en, *alone_en)
        label = next((own[word] for word in words if word in own), None)
        if label is not None:
            for word in words:
                exact.setdefault(word, label)
            inside |= {word for word in (*within, *within_en) if exact[word] == label}
    ordered = sorted(inside, key=len, reverse=True)
    parts = (re.escape(word).replace(r"\ ", r"[\s_-]+") for word in ordered)
    bounds = (
        rf"(?<![^\W_]){part}(?=(?:[dt][ıiuü]r)?(?![^\W_]))" if _SPACED.match(word) else part
        for word, part in zip(ordered, parts, strict=True)
    )
    return _Words(exact, re.compile("|".join(bounds), re.IGNORECASE))


def read_label(text: str, payload: Payload, labels: tuple[str, ...], lang: str) -> LabelReading:
    """The label of a payload: the whole of it, its beginning, or the only one inside it that is not negated."""
    labels = labels or DEFAULT_LABELS
    words = _words(tuple(fold_word(label) for label in labels), lang)
    reading = _read(text, payload.start, payload.end, words)
    if payload.rival is None:
        return reading
    other = _read(text, *payload.rival, words)
    if reading.label is None or other.label is None or reading.label == other.label:
        return reading if reading.label else other
    return LabelReading("ambiguous", reading.label, reading.span, (other.label,))


def _read(text: str, start: int, end: int, words: _Words) -> LabelReading:
    said = text[start:end]
    exact = words.exact.get(_plain(said))
    if exact is not None:
        return LabelReading("found", exact, (start, end))
    opening = _opening(text, start, end, words)
    if opening is not None:
        return opening
    places: dict[str, tuple[int, int]] = {}
    for match in words.inside.finditer(text, start, end):
        before = text[max(start, match.start() - 16) : match.start()]
        if not (_NEGATED_BEFORE.search(before) or _NEGATED_BEHIND.match(text, match.end(), end)):
            places[words.exact[_plain(match[0])]] = match.span()
    found = tuple(places)
    if not found:
        return NOTHING
    state: ExtractionState = "found" if len(found) == 1 else "ambiguous"
    return LabelReading(state, found[0], places[found[0]], found[1:])


def _opening(text: str, start: int, end: int, words: _Words) -> LabelReading | None:
    """The label that opens the payload and is closed by punctuation: Neutral. The premise … ; ใช่ เพราะ …"""
    lead = _OPENERS.match(text, start, end)
    closed = _TO_PUNCTUATION.match(text, lead.end() if lead else start, end)
    if closed is None or closed.end() >= end:
        return None
    label = words.exact.get(_plain(closed[0]))
    if label is None or OR_WORD.match(text, closed.end() + 1, min(end, closed.end() + 8)):
        return None
    return LabelReading("found", label, closed.span())
