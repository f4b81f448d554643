"""The languages that Babelgate knows: how each is named, written, and how it writes numbers (CLDR 47)."""

import difflib
from dataclasses import dataclass

from tasks.schema import UserError

NBSP, NNBSP = "\u00a0", "\u202f"


@dataclass(frozen=True, slots=True)
class Language:
    """`code` is BCP 47, `scripts` ISO 15924; `decimal` and `group` are what the locale writes, `zero` its own digit."""

    code: str
    name: str
    native: str
    scripts: tuple[str, ...]
    decimal: str = "."
    group: str = ","
    zero: str = "0"
    spaced: bool = True
    rtl: bool = False
    indian_grouping: bool = False


_ALL = (
    Language("ar", "Arabic", "العربية", ("Arab",), "٫", "٬", "٠", rtl=True),
    Language("bg", "Bulgarian", "български", ("Cyrl",), ",", NBSP),
    Language("bn", "Bengali", "বাংলা", ("Beng",), ".", ",", "০", indian_grouping=True),
    Language("ca", "Catalan", "català", ("Latn",), ",", "."),
    Language("cs", "Czech", "čeština", ("Latn",), ",", NBSP),
    Language("da", "Danish", "dansk", ("Latn",), ",", "."),
    Language("de", "German", "Deutsch", ("Latn",), ",", "."),
    Language("el", "Greek", "Ελληνικά", ("Grek",), ",", "."),
    Language("en", "English", "English", ("Latn",)),
    Language("es", "Spanish", "español", ("Latn",), ",", "."),
    Language("eu", "Basque", "euskara", ("Latn",), ",", "."),
    Language("fa", "Persian", "فارسی", ("Arab",), "٫", "٬", "۰", rtl=True),
    Language("fi", "Finnish", "suomi", ("Latn",), ",", NBSP),
    Language("fr", "French", "français", ("Latn",), ",", NNBSP),
    Language("gu", "Gujarati", "ગુજરાતી", ("Gujr",), ".", ",", "૦", indian_grouping=True),
    Language("ha", "Hausa", "Hausa", ("Latn",)),
    Language("he", "Hebrew", "עברית", ("Hebr",), rtl=True),
    Language("hi", "Hindi", "हिन्दी", ("Deva",), ".", ",", "०", indian_grouping=True),
    Language("hu", "Hungarian", "magyar", ("Latn",), ",", NBSP),
    Language("id", "Indonesian", "Bahasa Indonesia", ("Latn",), ",", "."),
    Language("it", "Italian", "italiano", ("Latn",), ",", "."),
    Language("ja", "Japanese", "日本語", ("Jpan",), spaced=False),
    Language("jv", "Javanese", "Basa Jawa", ("Latn",), ",", "."),
    Language("km", "Khmer", "ខ្មែរ", ("Khmr",), ".", ",", "០", spaced=False),
    Language("kn", "Kannada", "ಕನ್ನಡ", ("Knda",), ".", ",", "೦", indian_grouping=True),
    Language("ko", "Korean", "한국어", ("Kore",)),
    Language("lo", "Lao", "ລາວ", ("Laoo",), ",", ".", "໐", spaced=False),
    Language("ml", "Malayalam", "മലയാളം", ("Mlym",), ".", ",", "൦", indian_grouping=True),
    Language("mr", "Marathi", "मराठी", ("Deva",), ".", ",", "०", indian_grouping=True),
    Language("ms", "Malay", "Bahasa Melayu", ("Latn",)),
    Language("my", "Burmese", "မြန်မာ", ("Mymr",), ".", ",", "၀", spaced=False),
    Language("nl", "Dutch", "Nederlands", ("Latn",), ",", "."),
    Language("no", "Norwegian", "norsk", ("Latn",), ",", NBSP),
    Language("pa", "Punjabi", "ਪੰਜਾਬੀ", ("Guru",), ".", ",", "੦", indian_grouping=True),
    Language("pl", "Polish", "polski", ("Latn",), ",", NBSP),
    Language("pt", "Portuguese", "português", ("Latn",), ",", "."),
    Language("ro", "Romanian", "română", ("Latn",), ",", "."),
    Language("ru", "Russian", "русский", ("Cyrl",), ",", NBSP),
    Language("su", "Sundanese", "Basa Sunda", ("Latn",), ",", "."),
    Language("sv", "Swedish", "svenska", ("Latn",), ",", NBSP),
    Language("sw", "Swahili", "Kiswahili", ("Latn",)),
    Language("ta", "Tamil", "தமிழ்", ("Taml",), ".", ",", "௦", indian_grouping=True),
    Language("te", "Telugu", "తెలుగు", ("Telu",), ".", ",", "౦", indian_grouping=True),
    Language("th", "Thai", "ไทย", ("Thai",), ".", ",", "๐", spaced=False),
    Language("tl", "Filipino", "Filipino", ("Latn",)),
    Language("tr", "Turkish", "Türkçe", ("Latn",), ",", "."),
    Language("uk", "Ukrainian", "українська", ("Cyrl",), ",", NBSP),
    Language("ur", "Urdu", "اردو", ("Arab",), ".", ",", "۰", rtl=True, indian_grouping=True),
    Language("vi", "Vietnamese", "Tiếng Việt", ("Latn",), ",", "."),
    Language("yo", "Yoruba", "Yorùbá", ("Latn",)),
    Language("zh", "Chinese (Simplified)", "简体中文", ("Hans",), spaced=False),
    Language("zh-Hant", "Chinese (Traditional)", "繁體中文", ("Hant",), spaced=False),
)  # fmt: skip
LANGUAGES: dict[str, Language] = {language.code: language for language in _ALL}


def language(code: str) -> Language:
    """The record of a language code; an unknown one raises UserError and names the nearest."""
    found = LANGUAGES.get(code)
    if found is None:
        near = difflib.get_close_matches(code, LANGUAGES, n=1, cutoff=0.3)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise UserError(f"unknown language '{code}'{hint} (known: {', '.join(LANGUAGES)})")
    return found
