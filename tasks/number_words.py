"""The words that belong to a written number, by language: scale, minus, percent, and how each is looked for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from tasks.folding import fold_word


def _words(text: str) -> list[str]:
    """The words of a table; _ stands for the space inside one."""
    return [word.replace("_", " ") for word in text.split()]


# code → "scale: words"; a word ending in * may carry a suffix. Scripts other than Latin, Cyrillic and Greek always may.
# Where a word has two values (billion, bilhão) the language's own stands here and wins over the English one.
_SCALES = {
    "en": "100: hundred | 1e3: thousand thousands k | 1e5: lakh lakhs lac | 1e6: million millions mn "
    "| 1e7: crore crores | 1e9: billion billions bn | 1e12: trillion trillions",
    "ar": "100: مئة مائة مئات | 1e3: ألف آلاف الاف الف | 1e6: مليون ملايين | 1e9: مليار بليون | 1e12: تريليون",
    "bg": "1e3: хиляд* хил | 1e6: милион* млн | 1e9: милиард* млрд",
    "bn": "100: শত | 1e3: হাজার | 1e5: লাখ লক্ষ | 1e6: মিলিয়ন | 1e7: কোটি | 1e9: বিলিয়ন",
    "ca": "1e3: mil milers | 1e6: milió milions | 1e9: miliard*",
    "cs": "1e3: tisíc* tis | 1e6: milion* milión* mil mio | 1e9: miliard* mld",
    "da": "100: hundrede | 1e3: tusind* | 1e6: million* mio | 1e9: milliard* mia | 1e12: billion*",
    "de": "100: hundert | 1e3: tausend Tausend Tsd | 1e6: Million Millionen Mio "
    "| 1e9: Milliarde Milliarden Mrd | 1e12: Billion Billionen",
    "el": "1e3: χιλιάδ* χίλια χιλ | 1e6: εκατομμύρι* εκατ | 1e9: δισεκατομμύρι* δισ",
    "es": "100: cientos | 1e3: mil miles | 1e6: millón millones | 1e12: billón billones",
    "eu": "100: ehun | 1e3: mila | 1e6: milioi*",
    "fa": "100: صد | 1e3: هزار | 1e6: میلیون ملیون | 1e9: میلیارد ملیارد",
    "fi": "1e3: tuhat* tuhan* | 1e6: miljoon* milj | 1e9: miljard* mrd",
    "fr": "1e3: mille | 1e6: million millions | 1e9: milliard milliards | 1e12: billion billions",
    "gu": "100: સો | 1e3: હજાર | 1e5: લાખ | 1e7: કરોડ",
    "ha": "100: ɗari | 1e3: dubu | 1e6: miliyan | 1e9: biliyan",
    "he": "100: מאות | 1e3: אלף אלפים | 1e6: מיליון | 1e9: מיליארד",
    "hi": "100: सौ | 1e3: हज़ार हजार | 1e5: लाख | 1e6: मिलियन | 1e7: करोड़ करोड | 1e9: अरब बिलियन",
    "hu": "1e3: ezer* | 1e6: millió* | 1e9: milliárd*",
    "id": "100: ratus | 1e3: ribu rb | 1e6: juta jt | 1e9: miliar milyar | 1e12: triliun",
    "it": "100: cento | 1e3: mila mille | 1e6: milione milioni mln | 1e9: miliardo miliardi mld",
    "jv": "100: atus | 1e3: ewu | 1e6: yuta juta | 1e9: milyar",
    "km": "100: រយ | 1e3: ពាន់ | 1e4: ម៉ឺន | 1e5: សែន | 1e6: លាន | 1e9: ប៊ីលាន",
    "kn": "100: ನೂರು | 1e3: ಸಾವಿರ | 1e5: ಲಕ್ಷ | 1e6: ಮಿಲಿಯನ್ | 1e7: ಕೋಟಿ",
    "ko": "10: 십 | 100: 백 | 1e3: 천 | 1e4: 만 | 1e8: 억 | 1e12: 조",
    "lo": "100: ຮ້ອຍ | 1e3: ພັນ | 1e4: ໝື່ນ ຫມື່ນ | 1e5: ແສນ | 1e6: ລ້ານ | 1e9: ຕື້",
    "ml": "100: നൂറ് | 1e3: ആയിരം | 1e5: ലക്ഷം | 1e6: ദശലക്ഷം | 1e7: കോടി",
    "mr": "100: शंभर | 1e3: हजार | 1e5: लाख | 1e7: कोटी",
    "ms": "100: ratus | 1e3: ribu | 1e6: juta | 1e9: bilion | 1e12: trilion",
    "my": "100: ရာ | 1e3: ထောင် | 1e4: သောင်း | 1e5: သိန်း | 1e6: သန်း",
    "nl": "100: honderd | 1e3: duizend | 1e6: miljoen mln | 1e9: miljard mld | 1e12: biljoen",
    "no": "100: hundre | 1e3: tusen | 1e6: million millioner mill "
    "| 1e9: milliard milliarder mrd | 1e12: billion billioner",
    "pa": "100: ਸੌ | 1e3: ਹਜ਼ਾਰ ਹਜਾਰ | 1e5: ਲੱਖ | 1e7: ਕਰੋੜ",
    "pl": "1e3: tysiąc* tysięc* tys | 1e6: milion* mln | 1e9: miliard* mld | 1e12: bilion*",
    "pt": "1e3: mil | 1e6: milhão milhões | 1e9: bilhão bilhões bilião | 1e12: trilhão trilhões",
    "ro": "100: sute | 1e3: mii mie de_mii | 1e6: milion milioane de_milioane mil "
    "| 1e9: miliard miliarde de_miliarde mld",
    "ru": "100: сотен сотни | 1e3: тысяч* тыс | 1e6: миллион* млн | 1e9: миллиард* млрд | 1e12: триллион* трлн",
    "su": "100: ratus | 1e3: rébu ribu | 1e6: juta | 1e9: milyar",
    "sv": "100: hundra | 1e3: tusen | 1e6: miljon miljoner mn | 1e9: miljard miljarder md",
    "sw": "100: mia | 1e3: elfu | 1e5: laki | 1e6: milioni | 1e9: bilioni",
    "ta": "100: நூறு | 1e3: ஆயிரம் ஆயிர | 1e5: லட்ச இலட்ச | 1e6: மில்லியன் | 1e7: கோடி",
    "te": "100: వందల వంద | 1e3: వేల వేయి | 1e5: లక్ష | 1e6: మిలియన్ | 1e7: కోట్ల కోటి",
    "th": "10: สิบ | 100: ร้อย | 1e3: พัน | 1e4: หมื่น | 1e5: แสน | 1e6: ล้าน",
    "tl": "1e3: libo libong | 1e6: milyon milyong | 1e9: bilyon bilyong",
    "tr": "100: yüz | 1e3: bin | 1e6: milyon mn | 1e9: milyar | 1e12: trilyon",
    "uk": "100: сотень | 1e3: тисяч* тис | 1e6: мільйон* млн | 1e9: мільярд* млрд | 1e12: трильйон*",
    "ur": "100: سو | 1e3: ہزار | 1e5: لاکھ | 1e6: ملین | 1e7: کروڑ | 1e9: ارب",
    "vi": "100: trăm | 1e3: nghìn ngàn | 1e4: vạn | 1e6: triệu | 1e9: tỷ tỉ",
    "yo": "1e6: mílíọ̀nù miliọnu",
}  # fmt: skip
# Languages that say the scale first: elfu 18 is 18 000.
SCALE_FIRST = frozenset({"sw", "ha"})
# A scale word that begins a longer word with another meaning: breeds, percent, pieces, ratio, deals, question, sound.
_MARK_OR_LETTER = "(?![\u0620-\u06d3\u06d5-\u0963\u0966-\u0dff])"
_NOT_A_SCALE = {
    "พัน": "(?!ธ)", "ร้อย": "(?!ละ)", "백": "(?!분)", "조": "(?!각)", "tỉ": r"(?!\s+lệ)", "tỷ": r"(?!\s+lệ)",
    "শত": "(?!াং)", "ရာ": "(?!ခိုင်)", "រយ": "(?!ៈ)", "सौ": _MARK_OR_LETTER, "ਸੌ": _MARK_OR_LETTER, "સો": _MARK_OR_LETTER,
    "سو": _MARK_OR_LETTER, "صد": _MARK_OR_LETTER,
}  # fmt: skip


# Directly before the digits: a word of its own, or the end of what is written without spaces.
MINUS_WORDS = frozenset(
    _words("""minus negative moins négatif menos negativo negatiu meno menys negatief negatif negativ miinus mínusz
    mínus eksi минус мінус μείον מינוס منفی منفي سالب ناقص مائنس hasi âm negatibo negatibong माइनस ऋणात्मक ऋण उणे মাইনাস
    ঋণাত্মক మైనస్ ఋణాత్మక மைனஸ் ಮೈನಸ್ മൈനസ് માઈનસ માઇનસ ਮਾਈਨਸ""")
)
MINUS_ENDINGS = ("ลบ", "ລົບ", "ដក", "အနုတ်", "マイナス", "負", "负", "零下", "氷点下", "마이너스", "음수", "영하")
# "at least 18" is no minus: al menos, por lo menos, pelo menos, ao menos, au moins, du moins, com a menys.
NOT_A_MINUS_AFTER = frozenset({"al", "lo", "pelo", "ao", "au", "du", "a", "à"})
_PERCENT = _words(
    """% percent per_cent percentage Prozent por_ciento por_cento per_cento pour_cent procent procents procenta prosent
    prosenttia százalék* τοις_εκατό процент* відсотк* persen peratus phần_trăm pct パーセント 퍼센트 프로 เปอร์เซ็นต์ ເປີເຊັນ
    ភាគរយ ရာခိုင်နှုန်း प्रतिशत टक्के শতাংশ ટકા ਪ੍ਰਤੀਸ਼ਤ சதவீதம் சதவிகிதம் శాతం ಪ್ರತಿಶತ ശതമാനം بالمئة بالمائة في_المئة
    في_المائة درصد فیصد אחוז אחוזים porsiyento porsyento"""
)
PERCENT_ENDINGS = ("%", "yüzde", "asilimia", "ร้อยละ", "百分之", "百分の", "kashi")
_LETTERED = re.compile("[A-Za-zÀ-ɏͰ-ϿЀ-ӿḀ-ỿ]")
_NOT_LETTER = r"(?![^\W\d_])"


@dataclass(frozen=True, slots=True)
class NumberWords:
    """Scale words: `after` and `before` match one at, or up to, a number; `scale_of` gives its value by spelling."""

    after: re.Pattern[str]
    first_letters: frozenset[str]
    before: re.Pattern[str] | None
    scale_of: dict[str, Decimal]


def _alternatives(words: Iterable[str]) -> str:
    """Longest first; a Latin, Cyrillic or Greek word has to end there unless it is marked with *."""
    patterns: list[str] = []
    for word in sorted(words, key=len, reverse=True):
        core = re.escape(fold_word(word.rstrip("*"))).replace("\\ ", r"\s+")
        ends = _NOT_LETTER if _LETTERED.match(word) and not word.endswith("*") else ""
        patterns.append(core + _NOT_A_SCALE.get(word, "") + ends)
    return "|".join(patterns)


def _scale_table(lang: str) -> dict[str, Decimal]:
    table: dict[str, Decimal] = {}
    for code in ("en", "th", "ko", "hi", "bn", lang):
        for entry in _SCALES.get(code, "").split("|") if code in _SCALES else ():
            value, _, words = entry.partition(":")
            table |= {word: Decimal(value.strip()) for word in _words(words)}
    return table


@cache
def number_words(lang: str) -> NumberWords:
    """The scale words of a language, with the English ones and those scripts that cannot be mistaken for it."""
    table = _scale_table(lang)
    # A scale in capitals or with one (Million, JUTA) is the same scale.
    words = {form for word in table for form in (word, word.capitalize(), word.upper())}
    lookup = {fold_word(word.rstrip("*")).casefold(): value for word, value in table.items()}
    alternatives = _alternatives(words)
    first = frozenset(fold_word(word)[0] for word in words)
    before = re.compile(rf"(?<![^\W\d_])({alternatives})\s+\Z") if lang in SCALE_FIRST else None
    return NumberWords(re.compile(rf"({alternatives})"), first, before, lookup)


def scale_value(words: NumberWords, matched: str) -> Decimal:
    """The scale of a matched spelling; a suffixed one is found by its longest known beginning."""
    key = matched.casefold()
    while key not in words.scale_of:
        key = key[:-1]
    return words.scale_of[key]


PERCENT_AFTER = re.compile(rf"\\?(?:{_alternatives(_PERCENT)})", re.IGNORECASE)
PERCENT_FIRST = frozenset(word[0] for word in _PERCENT) | {"\\", "P"}
