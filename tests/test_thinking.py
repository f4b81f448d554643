"""What a model thought is split from what it answered: a table of what models and servers are known to send."""

import time

import pytest

from tasks.thinking import Thought, split_thinking

CLOSED = [
    # content, answer, thinking
    ("plain answer", "plain answer", ""),
    ("", "", ""),
    ("  spaces stay \n", "  spaces stay \n", ""),
    ("<think>a</think>b", "b", "a"),
    ("<think>\na\n</think>\n\nb", "b", "a"),
    ("\n <think>a</think>b", "b", "a"),
    ("\ufeff<think>a</think>b", "\ufeffb", "a"),
    ("<think>\n\n</think>\n\nb", "b", ""),
    ("<think></think>", "", ""),
    ("<Think>a</THINK>b", "b", "a"),
    ("< think >a</ think >b", "b", "a"),
    ("<thinking>a</thinking>b", "b", "a"),
    ("<thinking>a</think>b", "b", "a"),
    ("<thought>a</thought>b", "b", "a"),
    ("<reasoning>a</reasoning>b", "b", "a"),
    ("<seed:think>a</seed:think>b", "b", "a"),
    ("[THINK]a[/THINK]b", "b", "a"),
    ("◁think▷a◁/think▷b", "b", "a"),
    ("<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>b<|END_RESPONSE|>", "b", "a"),
    ("<|begin_of_thought|>a<|end_of_thought|>\n<|begin_of_solution|>b<|end_of_solution|>", "b", "a"),
    ("<think>思考</think>答案是 5", "答案是 5", "思考"),
    ("<think>a < b and b > c</think>d", "d", "a < b and b > c"),
    # unopened
    ("a</think>b", "b", "a"),
    ("a\n</think>\n\nb", "b", "a"),
    ("</think>b", "b", ""),
    ("a</think>\n</think>b", "b", "a</think>"),
    ("a◁/think▷b", "b", "a"),
    ("a</think>", "", "a"),
    # nested, several
    ("<think>a<think>b</think>c</think>d", "d", "a<think>b</think>c"),
    ("<think>the tag <think> opens</think>d", "d", "the tag <think> opens"),
    ("<think>a</think><think>b</think>c", "c", "a\n\nb"),
    ("<think>a</think>b\n<think>c</think>d", "b\nd", "a\n\nc"),
    ("<think>a</think>b <think>c</think> d", "b  d", "a\n\nc"),
    ("b\n<think>c</think>\nd", "b\n\nd", "c"),
    ("<think>a</think><thinking>b</thinking>c", "c", "a\n\nb"),
    # spoken of, not thought
    ("Write `<think>` first, then `</think>`.", "Write `<think>` first, then `</think>`.", ""),
    ("Use <think> and </think> tags.\n5", "Use <think> and </think> tags.\n5", ""),
    ("```\n<think>\nx\n</think>\n```\n5", "```\n<think>\nx\n</think>\n```\n5", ""),
    ('the marker "</think>" ends it', 'the marker "</think>" ends it', ""),
    ("<think>a</think>Put `<think>` in front", "Put `<think>` in front", "a"),
    ("<think>write `</think>` at the end</think>b", "b", "write `</think>` at the end"),
    ("<think>```python\nx = 1</think>b ```python\ny```", "b ```python\ny```", "```python\nx = 1"),
    ("5 <think> 3 is false", "5 <think> 3 is false", ""),
    # gpt-oss channels
    ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b<|return|>", "b", "a"),
    ("<|channel|>final<|message|>b", "b", ""),
    ("<|channel|>commentary to=x<|message|>c<|call|><|channel|>final<|message|>b<|end|>", "b", "c"),
    ("analysisLet me see. 2+2.assistantfinalThe answer is 4.", "The answer is 4.", "Let me see. 2+2."),
    ("analysis of the text: fine", "analysis of the text: fine", ""),
]


@pytest.mark.parametrize(("content", "answer", "thinking"), CLOSED)
def test_closed(content: str, answer: str, thinking: str) -> None:
    assert split_thinking(content, None, finish_reason="stop") == Thought(answer, thinking, cut=False)


CUT = [
    ("<think>a", "", "a"),
    ("<think>", "", ""),
    ("<thinking>a", "", "a"),
    ("[THINK]a", "", "a"),
    ("<think>a</think>b\n<think>c", "b", "a\n\nc"),
    ("<|channel|>analysis<|message|>a", "", "a"),
    ("<think>a `</think>` b", "", "a `</think>` b"),
]


@pytest.mark.parametrize(("content", "answer", "thinking"), CUT)
@pytest.mark.parametrize("finish_reason", ["stop", "length"])
def test_never_closed_is_cut(content: str, answer: str, thinking: str, finish_reason: str) -> None:
    assert split_thinking(content, None, finish_reason=finish_reason) == Thought(answer, thinking, cut=True)


TEMPLATE = [
    ("a</think>b", "b", "a", False),
    ("a", "", "a", True),
    ("", "", "", True),
    ("<think>a</think>b", "b", "a", False),
    ("I write <think> first</think>b", "b", "I write <think> first", False),
    ("a[/THINK]b", "b", "a", False),
    ("```python\nx</think>b ```y```", "b ```y```", "```python\nx", False),
    ("a</think>b\n<think>c", "b", "a\n\nc", True),
]


@pytest.mark.parametrize(("content", "answer", "thinking", "cut"), TEMPLATE)
def test_opened_by_the_template(content: str, answer: str, thinking: str, cut: bool) -> None:
    thought = split_thinking(content, None, finish_reason="stop", opened_by_template=True)
    assert thought == Thought(answer, thinking, cut)


FIELD = [
    # content, reasoning, finish_reason → answer, thinking, cut
    ("b", "a", "stop", "b", "a", False),
    ("b", " a\n", "length", "b", "a", False),
    (None, "a", "length", "", "a", True),
    ("", "a", "length", "", "a", True),
    (None, "a", "stop", "", "a", False),
    (None, None, "stop", "", "", False),
    (None, None, "length", "", "", False),
    ("<think>c</think>b", "a", "stop", "b", "a\n\nc", False),
    ("b", "", "stop", "b", "", False),
]


@pytest.mark.parametrize(("content", "reasoning", "finish_reason", "answer", "thinking", "cut"), FIELD)
def test_field_of_its_own(content, reasoning, finish_reason, answer, thinking, cut) -> None:
    # With the field the template's opening tag says nothing: the server has already split.
    for opened_by_template in (False, True) if reasoning else (False,):
        thought = split_thinking(content, reasoning, finish_reason=finish_reason, opened_by_template=opened_by_template)
        assert thought == Thought(answer, thinking, cut)


LOOPS = (
    "<think>a</think>x " * 5000,
    "</think>a" * 20_000,
    "`x` <think> " * 20_000,
    "<think>a</think>" + "`b` <think> " * 10_000,
    "```\n" * 20_000 + "<think>",
    "`" * 100_000,
    "~" * 100_000 + "<think>",
    "<think>a</think>" + "<think> " * 10_000 + "</think>" * 9000,
    "<think>a</think>" + "x <think> " * 10_000,
    "analysis" * 20_000,
    "<|channel|>" * 20_000,
    "<|channel|>a<|message|>" * 5_000,
)


@pytest.mark.parametrize("text", LOOPS, ids=[text[:20] for text in LOOPS])
def test_a_model_in_a_loop_does_not_hold_us_up(text: str) -> None:
    began = time.process_time()
    split_thinking(text, None, finish_reason="length")
    assert time.process_time() - began < 3
