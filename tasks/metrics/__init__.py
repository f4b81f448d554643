"""Every metric has one row in METRICS; importing this package fills it."""

from tasks.metrics import exact, fidelity, qa, rag, refusal, translation
from tasks.metrics.registry import METRICS, Case, Measured, Metric, metrics_for

__all__ = [
    "METRICS", "Case", "Measured", "Metric", "exact", "fidelity", "metrics_for", "qa", "rag", "refusal", "translation",
]  # fmt: skip
