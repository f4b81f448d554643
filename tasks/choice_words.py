"""The words around a chosen label, all languages together: option, correct, wrong."""

from tasks.answer_words import AND_WORD, NEGATION, OR_WORD, bounded

_OPTION_SPACED = """option choice answer letter opción letra respuesta alternativa Antwort Möglichkeit Buchstabe réponse
choix lettre opção resposta opzione risposta lettera optie antwoord alternativ svar odpowiedź opcja možnost odpověď
вариант ответ буква варіант відповідь отговор επιλογή απάντηση seçenek şık cevap pilihan opsi jawaban jawapan pilihane
chaguo herufi jibu pagpipilian sagot vaihtoehto vastaus válasz opțiunea varianta aukera erantzuna zaɓi"""
_OPTION_PHRASES = ("lựa chọn", "phương án", "đáp án", "câu trả lời")
_OPTION_UNSPACED = """选项 選項 選択肢 选 選 選擇 选择 答案 答え 선택지 보기 정답 ตัวเลือก ข้อ คำตอบ ທາງເລືອກ ຂໍ້
ជម្រើស ရွေးချယ်မှု विकल्प उत्तर বিকল্প উত্তর ఎంపిక ఆప్షన్ సమాధానం விருப்பம் பதில் ಆಯ್ಕೆ ഓപ്ഷൻ વિકલ્પ ਵਿਕਲਪ
पर्याय الخيار الإجابة الحرف خيار گزینه آپشن אפשרות תשובה"""
_RIGHT_SPACED = """correct right richtig correcta correcto correcte corretta corretto correta correto верно верный
правильно правильный benar betul đúng sahihi doğru juist riktig rigtig rätt oikea helyes poprawna poprawne správná
správně corect tama σωστή вірно правильна правилен"""
_RIGHT_UNSPACED = """正确 正確 正しい 正解 정답 맞 옳 ถูก ຖືກ
ត្រឹមត្រូវ မှန် सही সঠিক సరైన சரியான ಸರಿ ശരി સાચ ਸਹੀ बरोबर صحيح درست صحیح נכון"""
_WRONG_SPACED = """wrong incorrect false falsch falsche incorrecta incorrecto fausse faux errada errado sbagliata
неверно неверный неправильно неправильный salah keliru sai yanlış si-sahihi fout onjuist feil fel väärä błędna špatně"""
_WRONG_UNSPACED = "错 錯 誤 不正 틀 오답 ผิด ຜິດ ខុស မှား गलत ভুল తప్పు தவறு ತಪ್ಪು خطأ غلط نادرست שגוי"

# The second half of "both A and B" where it is not simply "and", and what is glued to the first label (A와 B, AとB).
_PAIRED_SPACED = """como quanto che soit sia maupun hem та й jak tak cât sekä että at saka na lẫn και sowie
nor als או וגם اور"""
_PAIRED_PHRASES = ("as well as", "als auch", "jak i", "así como", "ainsi que", "bem como", "cũng như", "hem de")
_PAIRED_UNSPACED = """와 과 이나 나 이랑 랑 하고 と か または もしくは あるいは 和 或者 或 与 與 及 以及 跟 还是 還是
หรือ และ กับ ແລະ ຫຼື
និង ឬ နှင့် နဲ့ သို့မဟုတ် மற்றும் అలాగే మరియు లేదా ಮತ್ತು ו و"""


def _either(*lists: str) -> str:
    return "|".join(bounded(words.split()) for words in lists)


JOINED = f"(?:{AND_WORD}|{OR_WORD.pattern}|{_either(_PAIRED_SPACED, _PAIRED_UNSPACED)}|{bounded(_PAIRED_PHRASES)})"
OPTION = f"(?:{_either(_OPTION_SPACED, _OPTION_UNSPACED)}|{bounded(_OPTION_PHRASES)})"
RIGHT = f"(?:{_either(_RIGHT_SPACED, _RIGHT_UNSPACED)})"
WRONG_WORD = f"(?:{_either(_WRONG_SPACED, _WRONG_UNSPACED)})"
WRONG = f"(?:{WRONG_WORD}|{NEGATION.pattern})"
