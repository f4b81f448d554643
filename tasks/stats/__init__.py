"""Statistics of evaluations as plain functions on arrays; imports nothing of ours, so that any step may use them."""

from tasks.stats.agreement import Agreement, agreement, cohens_kappa
from tasks.stats.binary import mcnemar, paired_binary_bound, tango
from tasks.stats.clustered import (
    clustered_pairs_bound,
    clustered_rate_bound,
    effective_size,
    quantile_bound,
    quantile_difference_bound,
)
from tasks.stats.judged import ppi_rate, rogan_gladen
from tasks.stats.multiple import holm
from tasks.stats.paired import (
    Averaged,
    Paired,
    Pairs,
    align,
    clustered_mean,
    mean_bound,
    mean_by_item,
    paired_difference,
    two_way_mean,
)
from tasks.stats.power import (
    detectable,
    detectable_binary,
    more_items,
    required_binary_pairs,
    required_for_bound,
    required_pairs,
    required_questions,
)
from tasks.stats.proportion import exact_bound, score_bound, wilson
from tasks.stats.records import BoundTest, Estimate, Side
from tasks.stats.resample import Resampled, bootstrap, bootstrap_bound, paired_bootstrap, two_sided_p
from tasks.stats.sequential import Spending, boundaries, sequential_p, spent
from tasks.stats.trend import Alarm, night_design_effect, trend_alarm

__all__ = [
    "Agreement", "Alarm", "Averaged", "BoundTest", "Estimate", "Paired", "Pairs", "Resampled", "Side", "Spending",
    "agreement", "align", "bootstrap", "bootstrap_bound", "boundaries", "clustered_mean", "clustered_pairs_bound",
    "clustered_rate_bound", "cohens_kappa", "detectable", "detectable_binary", "effective_size", "exact_bound",
    "holm", "mcnemar", "mean_bound", "mean_by_item", "more_items", "night_design_effect", "paired_binary_bound",
    "paired_bootstrap", "paired_difference", "ppi_rate", "quantile_bound", "quantile_difference_bound",
    "required_binary_pairs", "required_for_bound", "required_pairs", "required_questions", "rogan_gladen",
    "score_bound", "sequential_p", "spent", "tango", "trend_alarm", "two_sided_p", "two_way_mean", "wilson",
]  # fmt: skip
