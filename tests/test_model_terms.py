"""Prices and thinking: what a call costs at each kind of price, price files, and each server's words for a budget."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from datasets_cfg.strict_yaml import ConfigError
from tasks.engines.reply import Reply, Usage, read_reply
from tasks.engines.thinking_body import request_body
from tasks.generate import completed
from tasks.model_terms import Price
from tasks.schema import Item, Request
from tasks.suite import Model, OpenAI, Suite, load_suite

# Price, (prompt, completion, cached, thinking) → dollars, worked out by hand.
COSTS = [
    ({"input": 1, "output": 2}, (1000, 500, 0, 0), 0.002),
    ({"input": 1, "output": 2, "cached_input": 0.1}, (1000, 0, 900, 0), 0.00019),
    ({"input": 0, "output": 2, "thinking": 10}, (0, 1000, 0, 400), 0.0052),
    ({"input": 0, "output": 2}, (0, 1000, 0, 400), 0.002),
    ({"input": 1, "output": 2, "currency": "EUR", "usd": 1.1}, (1000, 500, 0, 0), 0.0022),
]


@pytest.mark.parametrize(("price", "tokens", "usd"), COSTS)
def test_what_a_call_costs(price: dict[str, object], tokens: tuple[int, int, int, int], usd: float) -> None:
    prompt, completion, cached, thinking = tokens
    made = Price.model_validate_json(json.dumps(price))
    assert made.cost_usd(prompt, completion, cached=cached, thinking=thinking) == pytest.approx(usd)


def test_another_currency_needs_its_rate() -> None:
    with pytest.raises(ValidationError, match="a price in EUR needs 'usd'"):
        Price(input=1, output=1, currency="EUR")


def write(folder: Path, prices: str) -> Path:
    (folder / "prices.yaml").write_text(prices)
    suite = folder / "suite.yaml"
    suite.write_text(
        "name: s\nprices: prices.yaml\ndatasets: [babel_math]\nmodels:\n"
        "  - {name: a, engine: openai, model: x}\n"
        "  - {name: b, engine: openai, model: x, price: {input: 9, output: 9}}\n"
        "  - {name: c, engine: openai, model: x}\n"
        "  - {name: both, engine: composite, draft: a, refine: b}\n"
        "judges:\n"
        "  - {model: {name: a, engine: openai, model: x, family: f}, rubrics: [groundedness], budget: {usd: 1}}\n"
    )
    return suite


def test_a_price_file_fills_in_what_models_do_not_say(tmp_path: Path) -> None:
    suite = load_suite(str(write(tmp_path, (
        "currency: EUR\nusd: 1.1\ndate: '2026-11-20'\nmodels:\n  a: {input: 1, output: 2, cached_input: 0.5}\n"
        "  b: {input: 3, output: 4}\n  other: {input: 1, output: 1}\n"
    ))))  # fmt: skip
    a, b, c, both = suite.models
    assert suite.judges[0].model.price == a.price
    assert a.price == Price(input=1, output=2, cached_input=0.5, currency="EUR", usd=1.1, date="2026-11-20")
    assert b.price == Price(input=9, output=9)  # its own
    assert c.price is None
    assert both.engine == "composite" and [part.price for part in both.parts] == [a.price, b.price]
    assert Suite.model_validate_json(suite.model_dump_json()) == suite


@pytest.mark.parametrize(
    ("prices", "sentence"),
    [("models: {a: {input: 1, outptu: 2}}", "outptu"), ("currency: EUR\nmodels: {a: {input: 1, output: 2}}", "EUR")],
)
def test_a_price_file_with_a_mistake(prices: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=sentence):
        load_suite(str(write(tmp_path, prices)))


BODIES = [
    ({"form": "vllm", "budget": 512}, {"thinking_token_budget": 512}),
    ({"form": "vllm", "enabled": False}, {"chat_template_kwargs": {"enable_thinking": False}}),
    ({"form": "vllm", "budget": 0}, {"thinking_token_budget": 0, "chat_template_kwargs": {"enable_thinking": False}}),
    ({"form": "openai", "effort": "low"}, {"reasoning_effort": "low"}),
    ({"form": "openai", "enabled": False}, {"reasoning_effort": "none"}),
    ({"form": "openrouter", "budget": 2000}, {"reasoning": {"max_tokens": 2000}}),
    ({"form": "openrouter", "effort": "high"}, {"reasoning": {"effort": "high"}}),
    ({"form": "anthropic", "budget": 1024}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
    ({"form": "anthropic", "budget": 0}, {"thinking": {"type": "disabled"}}),
    ({"form": "qwen", "enabled": True, "budget": 100}, {"enable_thinking": True, "thinking_budget": 100}),
    ({"form": "qwen", "budget": 0}, {"enable_thinking": False}),
]


def model(**settings: object) -> Model:
    return OpenAI.model_validate_json(json.dumps({"name": "m", "engine": "openai", "model": "x"} | settings))


@pytest.mark.parametrize(("thinking", "body"), BODIES)
def test_a_thinking_budget_in_each_servers_words(thinking: dict[str, object], body: dict[str, object]) -> None:
    assert request_body(model(thinking=thinking)) == body


def test_extra_body_has_the_last_word() -> None:
    both = model(
        thinking={"form": "vllm", "budget": 512, "enabled": True},
        extra_body={"thinking_token_budget": 9, "chat_template_kwargs": {"custom": 1}, "top_k": 5},
    )
    assert request_body(both) == {
        "thinking_token_budget": 9, "chat_template_kwargs": {"enable_thinking": True, "custom": 1}, "top_k": 5,
    }  # fmt: skip
    assert request_body(model()) == {}


def test_thinking_is_counted_and_priced_apart_and_truncated_where_it_never_closed() -> None:
    item = Item("d", "1", "en", "1", "1", "1", "open", "q", ("x",))
    request = Request(item, (), 0, 0, "k")
    body = {"choices": [{"finish_reason": "stop", "message": {"content": "4", "reasoning_content": "2 and 2"}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 30,
                      "completion_tokens_details": {"reasoning_tokens": 25}}}  # fmt: skip
    price = Price(input=1, output=2, thinking=4)
    done = completed(request, read_reply(json.dumps(body).encode()), attempts=1, price=price, thinks=False)
    assert (done.status, done.text, done.thinking, done.thinking_tokens) == ("ok", "4", "2 and 2", 25)
    assert done.cost_usd == pytest.approx((10 * 1 + 5 * 2 + 25 * 4) / 1e6)
    cut = Reply("<think>2 and 2 is", finish_reason="length", usage=Usage(10, 30, 30))
    done = completed(request, cut, attempts=1, price=price, thinks=False)
    assert (done.status, done.text, done.thinking) == ("truncated", "", "2 and 2 is")
