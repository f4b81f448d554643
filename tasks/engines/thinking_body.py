"""Tells a server how much its model may think: one setting, in the words that each kind of server understands."""

from tasks.suite import Model, Thinking


def request_body(model: Model) -> dict[str, object]:
    """What is sent with every request of a model: its thinking setting, then `extra_body`, which has the last word."""
    if model.thinking is None:
        return dict(model.extra_body)
    made = thinking_body(model.thinking)
    extra: dict[str, object] = dict(model.extra_body)
    for name, value in made.items():
        given = extra.get(name)
        if isinstance(value, dict) and isinstance(given, dict):
            extra[name] = {**value, **given}
        else:
            extra.setdefault(name, value)
    return extra


def thinking_body(thinking: Thinking) -> dict[str, object]:
    """The fields of a request by form.

    vllm: `thinking_token_budget` (the server needs a reasoning parser) and the chat template's `enable_thinking`;
    openai: `reasoning_effort`; openrouter: `reasoning`; anthropic: `thinking`; qwen (DashScope and others):
    `enable_thinking`, `thinking_budget`. A budget of 0 turns thinking off where there is a switch.
    """
    enabled = thinking.enabled if thinking.budget != 0 else False
    match thinking.form:
        case "vllm":
            switch = None if enabled is None else {"enable_thinking": enabled}
            return _given(
                thinking_token_budget=thinking.budget, chat_template_kwargs=switch, reasoning_effort=thinking.effort
            )
        case "openai":
            return _given(reasoning_effort=thinking.effort or ("none" if enabled is False else None))
        case "openrouter":
            inner = _given(effort=thinking.effort, max_tokens=thinking.budget or None, enabled=enabled)
            return {"reasoning": inner} if inner else {}
        case "anthropic":
            if enabled is False:
                return {"thinking": {"type": "disabled"}}
            return {"thinking": _given(type="enabled", budget_tokens=thinking.budget)} if thinking.budget else {}
        case "qwen":
            return _given(enable_thinking=enabled, thinking_budget=thinking.budget or None)


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
