"""Changes what items are given to read: passages that do not hold the answer, and distractors up to a given length."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from tasks.schema import Item

ANSWERABLE, UNANSWERABLE = "answerable", "unanswerable"


def swap_passages(items: Sequence[Item], share: float) -> list[Item]:
    """Give about `share` of the items another passage, which does not hold their answer: no gold, and a category.

    Which items and which passages depends on parallel_id and cluster_id alone, so that every language asks the same.
    The other passage lies half the data set away: neighbours are often about the same thing.
    """
    passages = _passages(items)
    order = sorted(passages)
    place = {cluster: index for index, cluster in enumerate(order)}
    made = []
    for item in items:
        if len(order) > 1 and _fraction("swap", item.parallel_id) < share:
            other = order[(place[item.cluster_id] + len(order) // 2) % len(order)]
            made.append(replace(item, context=passages[other], gold=(), category=UNANSWERABLE))
        else:
            made.append(replace(item, category=ANSWERABLE))
    return made


def pad_contexts(items: Sequence[Item], pool: Sequence[Item], lengths: Sequence[int]) -> list[Item]:
    """Each item once for each length: its passage among others of the pool, until about so many tokens are reached.

    Its own passage stands at a depth that depends on parallel_id and length, the same in every language; the others
    never are the passage that an unanswerable item was given the question of. The category says the length.
    """
    passages = _passages(pool)
    made = []
    for item in items:
        others = [text for cluster, text in passages.items() if cluster != item.cluster_id and text != item.context]
        for length in lengths:
            made.append(_padded(item, others, length))
    return made


def length_name(tokens: int) -> str:
    """'2k', '1k536': as a category, which sorts when it is filled up with zeros: '001k536', '002k'."""
    thousands, rest = divmod(tokens, 1000)
    return f"{thousands:03d}k{rest:03d}" if rest else f"{thousands:03d}k"


def _padded(item: Item, others: Sequence[str], length: int) -> Item:
    ranks = [_fraction("order", item.parallel_id, str(index)) for index in range(len(others))]
    order = [others[index] for index in sorted(range(len(others)), key=ranks.__getitem__)]
    room, chosen = length - _tokens(item.context) - _tokens(item.question), []
    index = 0
    while order and room >= _tokens(order[index % len(order)]):
        text = order[index % len(order)]  # a long context takes a small pool more than once
        chosen.append(text)
        room -= _tokens(text)
        index += 1
    depth = round(_fraction("depth", item.parallel_id, str(length)) * len(chosen))
    context = "\n\n".join([*chosen[:depth], item.context, *chosen[depth:]])
    name = length_name(length)
    return replace(
        item, context=context, item_id=f"{item.item_id}@{name}", parallel_id=f"{item.parallel_id}@{name}",
        category=f"{name} {item.category}".strip(),
    )  # fmt: skip


def _passages(items: Sequence[Item]) -> dict[str, str]:
    """Cluster → passage, one for each, in the items' order; items without a passage have none to give."""
    found: dict[str, str] = {}
    for item in items:
        if item.context:
            found.setdefault(item.cluster_id, item.context)
    return found


def _tokens(text: str) -> int:
    """A rough count: about four bytes a token in every script."""
    return len(text.encode("utf-8", "replace")) // 4


def _fraction(*parts: str) -> float:
    """A number from 0 up to 1 that depends on the parts alone."""
    return int.from_bytes(hashlib.sha256("/".join(parts).encode()).digest()[:8]) / 2**64
