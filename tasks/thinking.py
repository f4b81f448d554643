"""Splits what a model thought from what it answered: a field of its own, or tags of many kinds, closed or not."""

from bisect import bisect_left
from dataclasses import dataclass

import regex

# Opening and closing marker of each kind that models are known to write (family: the name that both must share).
_KINDS = {
    "think": (r"<\s*think(?:ing)?\s*>", r"<\s*/\s*think(?:ing)?\s*>"),  # DeepSeek-R1, Qwen, many others
    "thought": (r"<\s*thought\s*>", r"<\s*/\s*thought\s*>"),  # EXAONE
    "reasoning": (r"<\s*reasoning\s*>", r"<\s*/\s*reasoning\s*>"),
    "seed": (r"<seed:think>", r"</seed:think>"),  # Seed-OSS
    "begin": (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),  # Sky-T1, OpenThinker
    "start": (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),  # Command A Reasoning
    "bracket": (r"\[THINK\]", r"\[/THINK\]"),  # Magistral
    "diamond": (r"◁think▷", r"◁/think▷"),  # Kimi
}
_TAG = regex.compile(
    "|".join(f"(?P<{name}>{opening})|(?P<end_{name}>{closing})" for name, (opening, closing) in _KINDS.items()),
    regex.IGNORECASE,
)
_OPENING = {
    "think": "<think>", "thought": "<thought>", "reasoning": "<reasoning>", "seed": "<seed:think>",
    "begin": "<|begin_of_thought|>", "start": "<|START_THINKING|>", "bracket": "[THINK]", "diamond": "◁think▷",
}  # fmt: skip
_WRAPPERS = regex.compile(r"<\|(?:begin_of_solution|end_of_solution|START_RESPONSE|END_RESPONSE)\|>")
# Possessive and never from the middle of a run: a model in a loop writes a hundred thousand backticks.
_CODE = regex.compile(
    r"(?<![`~])(?:(?P<fence>`{3,}+|~{3,}+).*?(?P=fence)|(?P<tick>`++)[^`\n]++(?P=tick))", regex.DOTALL
)
_BLANK = " \t\r\n\f\v\ufeff\u200b"
# gpt-oss ("harmony"): <|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>…<|return|>
_CHANNEL = regex.compile(
    r"<\|channel\|>\s*(?P<channel>\w+)[^<]*<\|message\|>(?P<text>.*?)(?=<\|(?:end|return|call|start|channel)\|>|\Z)",
    regex.DOTALL,
)
# The same after a server has dropped the special tokens.
_BARE_CHANNELS = regex.compile(r"\A\s*analysis(?P<thinking>.*?)assistant\s*final(?P<answer>.*)\Z", regex.DOTALL)


@dataclass(frozen=True, slots=True)
class Thought:
    """`cut`: the model was still thinking when it stopped, so there is no answer, or not all of one."""

    answer: str
    thinking: str
    cut: bool


@dataclass(frozen=True, slots=True)
class _Tag:
    kind: str
    opens: bool
    start: int
    end: int


def split_thinking(
    content: str | None, reasoning: str | None, *, finish_reason: str, opened_by_template: bool = False
) -> Thought:
    """Split a message into answer and thinking.

    `reasoning` is the server's own field (`reasoning_content` or `reasoning`); tags that are left in `content` are
    split all the same. `opened_by_template`: the chat template ends in an opening tag, so that a text without a
    closing one is all thinking. Tags in code, in backticks, or in the middle of an answer's line are text.
    """
    text, given = content or "", (reasoning or "").strip()
    opened = opened_by_template and not given
    split = Thought(text, "", cut=False) if _plain(text) and not opened else _channels(text) or _tags(text, opened)
    thinking = "\n\n".join(part for part in (given, split.thinking) if part)
    cut = split.cut or bool(given and not split.answer.strip() and finish_reason == "length")
    return Thought(split.answer, thinking, cut)


def _plain(text: str) -> bool:
    """Nothing in the text can be a marker: most answers of most models."""
    return not ("<" in text or "[" in text or "◁" in text or text.lstrip().startswith("analysis"))


def _channels(text: str) -> Thought | None:
    """gpt-oss channels; None where the text has none."""
    bare = _BARE_CHANNELS.match(text)
    if bare:
        return Thought(bare["answer"].strip(), bare["thinking"].strip(), cut=False)
    parts = [(found["channel"], found["text"].strip()) for found in _CHANNEL.finditer(text)]
    if not parts:
        return None
    final = [part for channel, part in parts if channel == "final"]
    thinking = [part for channel, part in parts if channel != "final"]
    return Thought("\n\n".join(final), "\n\n".join(thinking), cut=not final)


def _tags(text: str, opened_by_template: bool) -> Thought:
    """Walk through the text from block to block; each is thinking, what lies between is answer."""
    tags = _Tags(text)
    if opened_by_template and not tags.begin_with_opening():
        text = _OPENING[next((tag.kind for tag in tags.all if not tag.opens), "think")] + text
        tags = _Tags(text)
    answer: list[str] = []
    thinking: list[str] = []
    at = 0
    if unopened := tags.unopened():
        thinking.append(text[: unopened.start])
        at = unopened.end
    while opening := tags.next_opening(at, seen=bool(thinking)):
        answer.append(text[at : opening.start])
        closing = tags.closing(opening)
        thinking.append(text[opening.end : closing.start if closing else None])
        if closing is None:
            return _thought(answer, thinking, cut=True)
        at = closing.end
    if not thinking:
        return Thought(_WRAPPERS.sub("", text), "", cut=False)
    return _thought([*answer, text[at:]], thinking, cut=False)


def _thought(answer: list[str], thinking: list[str], *, cut: bool) -> Thought:
    kept = [part.strip() for part in thinking if part.strip()]
    return Thought(_WRAPPERS.sub("", "".join(answer)).strip(), "\n\n".join(kept), cut)


class _Tags:
    """The tags of a text, asked for from left to right (a model in a loop writes tens of thousands of them)."""

    def __init__(self, text: str) -> None:
        self.text = text
        found = (
            _Tag(name.removeprefix("end_"), not name.startswith("end_"), match.start(), match.end())
            for match in _TAG.finditer(text)
            if (name := match.lastgroup)
        )
        self.all = [tag for tag in found if not self._quoted(tag)]
        self._starts = [tag.start for tag in self.all]
        self._code = _Code(text)
        self._partner: dict[int, _Tag] = {}
        self._closings: dict[str, list[_Tag]] = {kind: [] for kind in _KINDS}
        waiting: dict[str, list[_Tag]] = {kind: [] for kind in _KINDS}
        for tag in self.all:
            if tag.opens:
                waiting[tag.kind].append(tag)
                continue
            self._closings[tag.kind].append(tag)
            if waiting[tag.kind]:
                self._partner[waiting[tag.kind].pop().start] = tag

    def _quoted(self, tag: _Tag) -> bool:
        """`<think>` right between backticks or quotation marks is spoken of, wherever it stands."""
        around = self.text[max(0, tag.start - 1) : tag.start] + self.text[tag.end : tag.end + 1]
        return around in ("``", '""', "''", "“”", "«»", "「」")

    def begin_with_opening(self) -> bool:
        """Whether the text opens thinking itself, before anything else."""
        return bool(self.all) and self.all[0].opens and not self.text[: self.all[0].start].strip(_BLANK)

    def unopened(self) -> _Tag | None:
        """The last closing tag before any opening one: the template, or the server, ate the opening."""
        code, last = _Code(self.text), None
        for tag in self.all:
            if code.holds(tag.start):
                continue
            if tag.opens:
                break
            last = tag
        return last

    def next_opening(self, at: int, *, seen: bool) -> _Tag | None:
        """The next tag that opens a block: at the start of a line, not in code; anywhere once the model has thought."""
        self._code.move_to(at)
        for index in range(bisect_left(self._starts, at), len(self.all)):
            tag = self.all[index]
            if not tag.opens or self._code.holds(tag.start):
                continue
            before = self.text[max(0, tag.start - 200) : tag.start].rstrip(_BLANK.replace("\n", ""))
            if not before or before.endswith("\n") or (seen and self.closing(tag)):
                return tag
        return None

    def closing(self, opening: _Tag) -> _Tag | None:
        """The tag that closes a block: the balanced one, else the first that closes anything.

        A model that speaks of the tag while it thinks leaves one opening too many.
        """
        if opening.start in self._partner:
            return self._partner[opening.start]
        closings = self._closings[opening.kind]
        index = bisect_left(closings, opening.start, key=lambda tag: tag.start)
        return closings[index] if index < len(closings) else None


class _Code:
    """The code spans and fences of a text, asked for from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._span = self._search(0)

    def _search(self, at: int) -> tuple[int, int] | None:
        found = _CODE.search(self._text, at)
        return found.span() if found else None

    def move_to(self, at: int) -> None:
        """Forget what began before `at`: a fence left open in the thinking says nothing about the answer."""
        if self._span and self._span[0] < at:
            self._span = self._search(at)

    def holds(self, position: int) -> bool:
        """Whether a place, not before the one asked for last, lies in code."""
        while self._span and self._span[1] <= position:
            self._span = self._search(self._span[1])
        return bool(self._span) and self._span[0] < position
