"""What the report reads of a mixture's experts: how evenly each language uses them, and how far from English."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExpertUse:
    """Means over the layers; so many equally used experts would be as even; JS divergences in 0 to 1."""

    model_id: str
    dataset_id: str
    lang: str
    answers: int
    layers: int
    effective_experts: float
    fewest_effective: float
    top_share: float
    js_to_english: float | None
    js_of_worst_layer: float | None
    js_by_chance: float | None
