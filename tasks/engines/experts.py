"""Which experts of a mixture a server routed to: its array of every choice, counted at once and kept small."""

import base64
import binascii
import io
import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_EXPERTS = 4096
"""Of a layer: more than any model has, so that a broken reply cannot ask for memory without end."""


def count_experts(encoded: str) -> str:
    """vLLM's `routed_experts` as counts by layer and expert, packed; empty where it cannot be read as such.

    The field (`--enable-return-routed-experts`, vLLM 0.24 to 0.32) is base64 of a .npy file: positions × layers ×
    experts per token, of all tokens that were run, those of the prompt too. A token never goes to one expert twice:
    where all its places hold the same number the layer has no experts, and nothing is counted.
    """
    import numpy as np

    try:
        with io.BytesIO(base64.b64decode(encoded, validate=True)) as file:
            ids = np.load(file, allow_pickle=False)
    except (ValueError, EOFError, OSError, binascii.Error):
        return ""
    if ids.ndim != 3 or ids.dtype.kind not in "ui" or not ids.size or ids.max() >= MOST_EXPERTS or ids.min() < 0:
        return ""
    layers, width = ids.shape[1], int(ids.max()) + 1
    counts = np.zeros((layers, width), np.int64)
    for layer in range(layers):
        chosen = ids[:, layer]
        if ids.shape[2] > 1:
            chosen = chosen[(chosen != chosen[:, :1]).any(axis=1)]
        counts[layer] = np.bincount(chosen.ravel(), minlength=width)
    return pack(counts)


def pack(counts: "NDArray[np.int64]") -> str:
    """Counts (layers × experts) as text: the shape, and base64 of the deflated 32-bit numbers."""
    raw = zlib.compress(counts.astype("<u4").tobytes(), 9)
    return f"{counts.shape[0]}x{counts.shape[1]}:{base64.b64encode(raw).decode()}"


def add_up(packed: Iterable[str]) -> "NDArray[np.int64] | None":
    """The sum (layers × experts) of what `pack` made, each as wide as it is; None of nothing.

    ValueError: they are not of one model, or were not packed here.
    """
    import numpy as np

    total: NDArray[np.int64] | None = None
    for text in packed:
        shape, _, raw = text.partition(":")
        layers, experts = (int(size) for size in shape.split("x"))
        try:
            numbers = np.frombuffer(zlib.decompress(base64.b64decode(raw)), "<u4").astype(np.int64)
        except (zlib.error, binascii.Error) as error:
            raise ValueError(f"counts of experts that cannot be read: {error}") from error
        counts = numbers.reshape(layers, experts)
        if total is None or total.shape[1] < experts:
            wider = np.zeros((layers, experts), np.int64)
            if total is not None:
                wider[:, : total.shape[1]] = total
            total = wider
        total[:, :experts] += counts
    return total
