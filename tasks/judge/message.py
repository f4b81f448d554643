"""Renders a rubric for one case: instruction apart from data, every text between marks that it cannot know."""

from string import Template

from judges.rubric import RULES, Example, Rubric
from tasks.judge.records import JudgeCase
from tasks.languages import LANGUAGES
from tasks.schema import Message, UserError, digest

_RETRY = "\n\nYour last reply could not be used: {reason}. Reply again, with the JSON object alone."


def judge_messages(rubric: Rubric, case: JudgeCase, *, complaint: str = "") -> tuple[Message, ...]:
    """The two turns that are sent; `complaint` says what was wrong with the reply before. UserError: a text is missing.

    The code in the marks is a hash over the texts themselves: no answer can hold its own, so none can close its mark,
    and asked again the same answer is sent as the same bytes.
    """
    texts = case_texts(rubric, case)
    code = digest("marks", rubric.sha256, texts)[:12]
    names = {
        "language": language_name(case.lang),
        "other_language": language_name(case.other.lang if case.other else case.lang),
    }
    rules = RULES.read_text(encoding="utf-8").strip()
    shown = "\n\n".join(_example(rubric, example) for example in rubric.header.examples)
    instruction = Template(rubric.instruction).substitute(names, rules=rules, examples=shown)
    data = Template(rubric.data).substitute(names, **{slot: _marked(slot, text, code) for slot, text in texts.items()})
    if complaint:
        data += _RETRY.format(reason=complaint)
    return Message("system", instruction), Message("user", data)


def case_texts(rubric: Rubric, case: JudgeCase) -> dict[str, str]:
    """Slot → text of what a judge is shown of a case, in the order that it is shown in."""
    first, second = case.answer, case.other.answer if case.other else ""
    if case.swapped:
        first, second = second, first
    texts = {
        "answer": first, "other_answer": second, "question": case.item.question, "context": case.item.context,
        "gold": "\n".join(case.item.gold),
    }  # fmt: skip
    wanted = {slot: texts[slot] for slot in rubric.header.needs if slot in texts}
    for slot, text in wanted.items():
        if not text.strip():
            raise UserError(f"rubric '{rubric.name}' needs '{slot}', which item '{case.item.item_id}' does not have")
    return wanted


def language_name(code: str) -> str:
    """A language as a judge is told of it: 'German (Deutsch)'."""
    known = LANGUAGES.get(code)
    return f"{known.name} ({known.native})" if known else code


def _marked(slot: str, text: str, code: str) -> str:
    name = slot.upper()
    return f"<<<{name} {code}\n{text}\n{name} {code}>>>"


def _example(rubric: Rubric, example: Example) -> str:
    texts = {"question": example.question, "context": example.context, "reference": example.gold,
             "answer": example.answer, "other answer": example.other_answer}  # fmt: skip
    shown = [f"- {name} ({example.lang}): {text}" for name, text in texts.items() if text]
    quotes = ", ".join(f'"{quote}"' for quote in example.quotes) or "none"
    return "\n".join([*shown, f"  quotes: {quotes}; verdict: {example.verdict}. {example.why}"])
