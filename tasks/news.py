"""What is to be told after a night: which models or the night itself changed state, as a document and as Slack text."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from tasks.gate_rules import Outcome

State = Outcome | Literal["INFRASTRUCTURE"]
Event = State | Literal["RECOVERED"]
States = Mapping[str, State]
"""Subject → state. A subject is a model, or NIGHT."""

NIGHT = "night"
"""The subject that is INFRASTRUCTURE while nights do not come to their end; models carry a prefix."""

WORST_FIRST: tuple[Event, ...] = ("INFRASTRUCTURE", "NO-GO", "INCONCLUSIVE", "RECOVERED")
SLACK_CHARACTERS = 3000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate said of one model, its reasons first things first."""

    model: str
    outcome: Outcome
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """One night as it ended. `trouble` says what kept it from being whole; verdicts then say nothing of the models."""

    suite: str
    run_id: str
    at: str
    """UTC, ISO 8601."""
    verdicts: tuple[Verdict, ...] = ()
    trouble: tuple[str, ...] = ()
    baseline: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A subject that is in another state than was last told of it; what was never told of counts as GO."""

    subject: str
    state: State
    was: State


@dataclass(frozen=True, slots=True)
class Message:
    """News that is worth telling: at least one change. `event` is the worst of them."""

    event: Event
    title: str
    changes: tuple[Change, ...]
    news: News


def states(news: News, told: States) -> dict[str, State]:
    """What is to be remembered as told. A night in trouble says nothing new of models; gone models are forgotten."""
    if news.trouble:
        return {**told, NIGHT: "INFRASTRUCTURE"}
    return {NIGHT: "GO", **{f"model/{verdict.model}": verdict.outcome for verdict in news.verdicts}}


def message(news: News, told: States) -> Message | None:
    """What to tell, given what was told; None where nothing changed: one message a change of state."""
    changes = tuple(
        Change(subject.removeprefix("model/"), state, told.get(subject, "GO"))
        for subject, state in states(news, told).items()
        if state != told.get(subject, "GO")
    )
    if not changes:
        return None
    events: set[Event] = {"RECOVERED" if change.state == "GO" else change.state for change in changes}
    event: Event = next(each for each in WORST_FIRST if each in events)
    return Message(event, _title(event, changes, news), changes, news)


def _title(event: Event, changes: tuple[Change, ...], news: News) -> str:
    meant = [c.subject for c in changes if c.state == event or (event == "RECOVERED" and c.state == "GO")]
    if event == "INFRASTRUCTURE":
        return f"{news.suite}: the night failed: {news.trouble[0]}"
    if event == "RECOVERED":
        well = ", ".join("the night" if subject == NIGHT else subject for subject in meant)
        still = ", ".join(f"{v.model} is still {v.outcome}" for v in news.verdicts if v.outcome != "GO")
        return f"{news.suite}: {well} recovered" + (f"; {still}" if still else "")
    return f"{news.suite}: {event} for {', '.join(meant)}"


def document(message: Message) -> dict[str, object]:
    """The message as the generic webhook posts it: {event, title, changes, suite, run_id, at, verdicts, …}."""
    return {"event": message.event, "title": message.title, "changes": [asdict(c) for c in message.changes],
            **asdict(message.news)}  # fmt: skip


def slack(message: Message) -> dict[str, object]:
    """The message as Slack's incoming webhooks (and those that copy them) take it."""
    news = message.news
    lines = [f"*{_slack(message.title)}*", f"run `{news.run_id or 'none'}`"]
    lines += [f"• {_slack(problem)}" for problem in news.trouble]
    for verdict in news.verdicts:
        lines.append(f"• *{_slack(verdict.model)}*: {verdict.outcome}")
        lines += [f"    {_slack(reason)}" for reason in verdict.reasons[:4]]
    if news.report:
        lines.append(f"report: {_slack(news.report)}")
    text = "\n".join(lines)
    return {"text": text if len(text) <= SLACK_CHARACTERS else text[: SLACK_CHARACTERS - 2] + " …"}


def _slack(text: str) -> str:
    """Slack reads & < > as markup; an answer quoted in a reason must not become a link or a mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
