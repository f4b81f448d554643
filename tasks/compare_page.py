"""A comparison as one self-contained page: who to use in which language, the models beside each other, every duel."""

from tasks.compare import Comparison
from tasks.compare_outputs import ADVICE, DUELS, MODELS, advice_rows, duel_rows, model_rows, notes
from tasks.report.page import render


def compare_page(found: Comparison) -> str:
    """The page as HTML; every name and reason is escaped, and it asks the network for nothing."""
    return render("compare.html", {
        "names": [each.name for each in found.profiles],
        "quantity": found.quantity,
        "runs": [(each.name, each.run_id) for each in found.profiles],
        "tables": (
            ("advice", "Recommendation per language", ADVICE, advice_rows(found)),
            ("models", "The models", MODELS, model_rows(found)),
            ("duels", "Language by language", DUELS, duel_rows(found)),
        ),
        "excluded": list(found.excluded.values()),
        "notes": notes(found),
    })  # fmt: skip
