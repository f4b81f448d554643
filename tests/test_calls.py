"""What is sent to an endpoint for a request."""

import pytest

from tasks.engines.calls import payload
from tasks.schema import Endpoint, Item, Message, Request
from tasks.suite import Sampling

ITEM = Item("d", "1", "en", "i", "p", "c", "math", "x", ("42",))
REQUEST = Request(ITEM, (Message("system", "s"), Message("user", "x")), 0, 7, "key")

PAYLOADS = [
    (Sampling(), {}, {"temperature": 0.0, "seed": 7}),
    (Sampling(temperature=None), {}, {"seed": 7}),
    (Sampling(max_tokens=5, top_p=0.5, stop=("a",)), {},
     {"temperature": 0.0, "top_p": 0.5, "max_tokens": 5, "seed": 7, "stop": ["a"]}),
    (Sampling(max_tokens=5), {"max_completion_tokens": 6}, {"temperature": 0.0, "seed": 7, "max_completion_tokens": 6}),
    (Sampling(), {"reasoning_effort": "low", "seed": None},
     {"temperature": 0.0, "seed": None, "reasoning_effort": "low"}),
]  # fmt: skip


@pytest.mark.parametrize(("sampling", "extra", "sent"), PAYLOADS)
def test_what_is_sent(sampling: Sampling, extra: dict, sent: dict) -> None:
    body = payload(REQUEST, Endpoint("http://h/v1", "m", "f", extra_body=extra), sampling)
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "x"}]
    assert body == {"model": "m", "messages": messages} | sent


def test_openai_is_asked_in_its_own_words() -> None:
    body = payload(REQUEST, Endpoint("https://api.openai.com/v1", "m", "f"), Sampling(max_tokens=5))
    assert body["max_completion_tokens"] == 5 and "max_tokens" not in body
