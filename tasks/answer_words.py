"""The words that announce an answer, by language: markers, copulas, "or", "not", and how each is compiled."""

import re
from collections.abc import Iterable
from functools import lru_cache

from tasks.folding import fold_word

# code → markers; words of a spaced script have to stand alone. A data set's own markers are added to these.
_MARKERS = {
    "en": "final answer|answer|ans.|ans",
    "ar": "الإجابة|الاجابة|إجابة|الجواب|جواب|الجواب النهائي",
    "bg": "отговорът|отговора|отговор",
    "bn": "উত্তর|উত্তরটি|সঠিক উত্তর",
    "ca": "resposta",
    "cs": "odpověď|odpoveď|odpověd",
    "da": "svaret|svar",
    "de": "Endantwort|Antwort",
    "el": "απάντηση|απάντησή",
    "es": "respuesta|rpta.|resp.",
    "eu": "erantzuna|erantzun",
    "fa": "پاسخ|جواب",
    "fi": "vastaus",
    "fr": "réponse|reponse",
    "gu": "જવાબ|ઉત્તર",
    "ha": "amsar|amsa",
    "he": "התשובה|תשובה",
    "hi": "उत्तर|जवाब|जबाब",
    "hu": "válasz|végső válasz",
    "id": "jawabannya|jawaban|jawab",
    "it": "risposta",
    "ja": "答え|答|解答|回答|こたえ|正解",
    "jv": "wangsulane|wangsulan|jawabane|jawaban",
    "km": "ចម្លើយ",
    "kn": "ಉತ್ತರ",
    "ko": "정답|답변|대답|답",
    "lo": "ຄຳຕອບ|ຄໍາຕອບ",
    "ml": "ഉത്തരം",
    "mr": "उत्तर",
    "ms": "jawapannya|jawapan|jawab",
    "my": "အဖြေ",
    "nl": "eindantwoord|antwoord",
    "no": "svaret|svar",
    "pa": "ਉੱਤਰ|ਜਵਾਬ",
    "pl": "odpowiedź|odpowiedzią|odpowiedz|odp.",
    "pt": "resposta",
    "ro": "răspunsul|răspuns|raspunsul|raspuns",
    "ru": "ответ",
    "su": "jawabanana|jawaban|waleran",
    "sv": "svaret|svar",
    "sw": "jibu|jawabu",
    "ta": "பதில்|விடை",
    "te": "సమాధానం|జవాబు",
    "th": "คำตอบ|ตอบ",
    "tl": "kasagutan|sagot",
    "tr": "cevabı|cevabımız|cevap|yanıtı|yanıt",
    "uk": "відповідь",
    "ur": "جواب",
    "vi": "câu trả lời|trả lời|đáp án|đáp số",
    "yo": "ìdáhùn|idahun",
    "zh": "答案|答|解答|回答|正确选项|正確選項",
}
# The words between a marker and its answer; ~ marks a language that writes the answer directly behind the marker.
_COPULAS = {
    "en": "is|are|was|equals|should be|must be|would be|will be|comes to|comes out to|becomes",
    "ar": "هي|هو|~",
    "bg": "е|са",
    "bn": "হল|হলো|হবে|হচ্ছে|হ'ল|~",
    "ca": "és|seria|són",
    "cs": "je|zní|jsou",
    "da": "er|bliver|lyder",
    "de": "ist|lautet|beträgt|wäre|sind",
    "el": "είναι",
    "es": "es|sería|son|sera|será",
    "eu": "~",
    "fa": "~",
    "fi": "on|~",
    "fr": "est|serait|sont|vaut|sera",
    "gu": "~",
    "ha": "ita ce|shi ne|ce|~",
    "he": "היא|הוא|~",
    "hi": "है|होगा|~",
    "hu": "az|~",
    "id": "adalah|ialah|yaitu|yakni",
    "it": "è|sarà|sarebbe|sono",
    "ja": "は|が|~",
    "jv": "yaiku|inggih punika",
    "km": "គឺ|~",
    "kn": "~",
    "ko": "은|는|~",
    "lo": "ແມ່ນ|ຄື|~",
    "ml": "~",
    "mr": "~",
    "ms": "ialah|adalah|iaitu",
    "my": "သည်|မှာ|က|~",
    "nl": "is|luidt|bedraagt|zijn",
    "no": "er|blir|lyder",
    "pa": "~",
    "pl": "to|wynosi|brzmi|jest",
    "pt": "é|seria|será|são",
    "ro": "este|e|sunt",
    "ru": "равен|равна|равно|составляет|будет|это|—|–",
    "su": "nyaéta|nyaeta",
    "sv": "är|blir|lyder",
    "sw": "ni|litakuwa|ya mwisho ni",
    "ta": "~",
    "te": "~",
    "th": "คือ|เป็น|เท่ากับ|ว่า|~",
    "tl": "ay",
    "tr": "~",
    "uk": "дорівнює|становить|це|—|–",
    "ur": "~",
    "vi": "là",
    "yo": "ni|jẹ́",
    "zh": "应该是|應該是|就是|是|为|為|等于|等於|选|選|~",
}
_OR = """or oder o ou или або atau utawa hoặc หรือ ຫຼື ឬ または もしくは 或 或者 또는 혹은 أو یا या কিংবা অথবা বা ya veya או
yahut au vagy lub nebo eller tai of ή sau edo либо அல்லது లేదా ಅಥವಾ അല്ലെങ്കിൽ અથવા किंवा ਜਾਂ သို့မဟုတ်"""
_AND = """and und et y e dan na và и і ve og och i ja és și és और এবং ও و আর และ 和 與 与 及 와 과 と"""
_NEGATORS = """not neither nor isn't aren't can't cannot couldn't no never n't
nicht kein keine keinen pas aucun non não nunca nem не нет ні
bukan bukanlah tidak ora dudu sanes teu henteu không chẳng chưa si sio siyo hakuna hindi değil nie ne niet
geen ikke inte ei nem nu δεν όχι לא אין אינו אינה ไม่ มิ ບໍ່ មិន 不 非 没 沒 ない なく ません 않 아니 안 못 ليس ليست غير لا
نیست نہیں नहीं नही न না নয় కాదు లేదు இல்லை ಅಲ್ಲ അല്ല નથી नाही ਨਹੀਂ မဟုတ်"""
# What is chosen from, not what is chosen: between A and B.
_AMONG = (
    "between among zwischen unter entre tra fra между між między antara giữa trong mellan tussen kati_ya بين میان בין"
)
_SPACED = re.compile("[A-Za-zÀ-ɏͰ-ϿЀ-ӿḀ-ỿ0-9]")
_MARKED = re.compile("[\u0590-\u0dff\uac00-\ud7af]")  # written with spaces, and with marks that are no letters to `re`
_MARKS = "\u0591-\u05c7\u0610-\u065f\u0900-\u0963\u0966-\u0dff"  # not the danda, which ends a sentence
_LETTER = r"[^\W\d_]"


def _base(lang: str) -> str:
    return lang.replace("_", "-").split("-")[0]


def _cases(word: str) -> set[str]:
    return {word, word.lower(), word.upper(), word.title(), word[:1].upper() + word[1:]}


def bounded(words: Iterable[str], cased: bool = True) -> str:
    """Alternatives, longest first, in every case; a word of a spaced script has to end where the match does."""
    forms = {fold_word(form) for word in words if word.strip() for form in (_cases(word) if cased else {word})}
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    ends = (f"(?!{_LETTER})" if _SPACED.search(form[-1]) else "" for form in ordered)
    return "|".join(re.escape(form).replace(r"\ ", r"\s") + end for form, end in zip(ordered, ends, strict=True))


@lru_cache(maxsize=256)
def marker_pattern(lang: str, markers: tuple[str, ...]) -> re.Pattern[str]:
    """Every marker of the language, the English ones and the data set's own. Left boundaries are the caller's."""
    own = _MARKERS.get(_base(lang), "").split("|")
    given = [marker.strip().rstrip(":：").strip() for marker in markers]
    return re.compile(bounded((*own, *_MARKERS["en"].split("|"), *given)))


@lru_cache(maxsize=256)
def copula_pattern(lang: str) -> re.Pattern[str]:
    """From behind a marker to behind its copula, within the sentence."""
    both = {word for code in (_base(lang), "en") for word in _COPULAS.get(code, "").split("|")} - {"~", ""}
    spaced = [word for word in both if _SPACED.search(word)]
    other = bounded([word for word in both if not _SPACED.search(word)]) or "(?!)"
    return re.compile(rf"[^\n:.!?。！？।\d]{{0,40}}?(?:(?<!{_LETTER})(?:{bounded(spaced)})|{other})[ \t]*:?")


def writes_directly(lang: str) -> bool:
    """Whether the answer may follow the marker without copula: উত্তর 18, 答 18."""
    return "~" in _COPULAS.get(_base(lang), "~")


def starts_alone(text: str, start: int) -> bool:
    """Whether a marker at `start` is not the tail of a longer word (a spaced script's letter before it)."""
    return start == 0 or not (text[start - 1].isalpha() and _SPACED.match(text[start]))


def _joined(words: str) -> str:
    """Words that count only whole: bounded by what is no letter, or no letter and no mark; without spaces, anywhere."""
    spaced = [word for word in words.split() if _SPACED.search(word)]
    marked = [word for word in words.split() if _MARKED.search(word)]
    other = [word for word in words.split() if word not in spaced and word not in marked]
    return (
        rf"(?:(?<!{_LETTER})(?:{bounded(spaced, cased=False)})|(?<![^\W_]|[{_MARKS}])(?:{bounded(marked, cased=False)})"
        rf"(?![^\W_]|[{_MARKS}])|{bounded(other, cased=False)})"
    )


OR_WORD = re.compile(_joined(_OR), re.IGNORECASE)
AMONG_WORDS = tuple(word.replace("_", " ") for word in _AMONG.split())
AMONG = f"(?:{bounded(AMONG_WORDS)})"
AND_WORD = _joined(_AND)
# With the copula that a negator takes in Chinese, Thai, Khmer and Lao: 不是, ไม่ใช่.
_NEGATED_IS = ("是", "ใช่", "เป็น", "មែន", "ແມ່ນ")
NEGATION = re.compile(f"{_joined(_NEGATORS)}(?:{'|'.join(_NEGATED_IS)})?", re.IGNORECASE)
# As a copula's sentence goes on behind it: no es 12, không phải là 12; the copula stands before the payload.
_AFTER_NEGATOR = "es|est|é|è|ist|is|là|phải là|adalah|ialah|jest|είναι|هي|هو|este|ole|е|és"
NEGATED_COPULA = rf"{NEGATION.pattern}(?:\s*(?:{_AFTER_NEGATOR}))?"
# How such words end: their last two characters, or the one that they are. The pattern is slow to say no.
_NEGATED_WORDS = {fold_word(word) for word in _NEGATORS.split()}
NEGATORS = tuple(sorted(_NEGATED_WORDS))
_NEGATED_ENDS = frozenset(
    word[-2:].lower()
    for word in {*_NEGATED_WORDS, *(word + copula for word in _NEGATED_WORDS for copula in _NEGATED_IS)}
    | set(_AFTER_NEGATOR.split("|"))
)


def may_be_negated(before: str) -> bool:
    """Whether a text may end in a negator with its copula; where not, it need not be searched for one."""
    end = before.rstrip()[-2:].lower()
    return end in _NEGATED_ENDS or end[-1:] in _NEGATED_ENDS


# "20, but the right answer is 18": what stands behind these words takes back what stood before.
_THE_RIGHT = r"(?:correct|right|actual|real)(?: (?:one|answer|number|value|total))? (?:is|was|should be)"
CORRECTION = re.compile(
    r"正しくは|正解は|正しい答えは|正[确確](?:的)?(?:答案|结果|結果)?(?:应该|應該|应|應)?是|而是|올바른 (?:답|정답)은"
    rf"|(?<![^\W_])(?:(?:but|no|wait|actually)[ ,]+(?:\w+[ ,]+){{0,2}}?{_THE_RIGHT}|sondern|sino"
    r"|richtig (?:ist|wäre|sind)|(?:lo )?correct[oa] (?:es|sería|é|seria)|yang benar (?:adalah|ialah)"
    r"|правильн\w+(?: ответ)?(?: будет| это)?|doğrusu|সঠিক(?: উত্তর)?|सही(?: उत्तर| जवाब)?)(?![^\W\d_])",
    re.IGNORECASE,
)
# What stands behind a number and negates it: 12 नहीं, 20ではなく, 20이 아니라, 12 değil; at most a unit comes between.
NEGATED_BEHIND = re.compile(
    r"[^\d、。,.;!?।\n]{0,8}?(?:(?:では|じゃ|で)(?:なく|ない|ありません)"
    r"|(?:이|가|은|는)? ?(?:아니라|아니고|아닌|아닙니다|아니에요|아니다))"
    r"|[^\d,.;!?।\n]{0,12}?(?<![^\W_])(?:नहीं|नही|नाही|নয়|নয়|değil|కాదు|అల్ల|அல்ல|இல்லை|ಅಲ್ಲ|അല്ല|નથી|ਨਹੀਂ|نہیں|نیست|မဟုတ်)"
)
# Japanese and its neighbours negate what stands before, so that in "AではなくB" it is not B that is negated.
_NOT_BEHIND = "(?!ない|なく|ません|않|아니|değil|नहीं|नही|নয়)"
NEGATING_NEXT = rf"{_NOT_BEHIND}{NEGATION.pattern}"
NEGATING_NEXT_COPULA = rf"{_NOT_BEHIND}{NEGATED_COPULA}(?![^\W\d_])"
