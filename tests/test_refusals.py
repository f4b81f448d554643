"""The view of refusals: probes beside controls by language, filters apart, a judge's word weighted."""

import uuid
from pathlib import Path

import pytest

from tests.small_run import NIGHT, empty_home, put, sample
from warehouse.connect import connect
from warehouse.home import Home
from warehouse.load import load_parts
from warehouse.parts import completion_uuid, shard_uuid, write_part
from warehouse.schemas import arrow_table

AT = NIGHT["r2"]


def write(home: Home, lang: str, probes: list[float | None], controls: list[float | None]) -> None:
    """Values of the metric `refusal`; None where the provider's filter withheld the answer."""
    same = {"model_id": "m", "lang": lang, "dataset_id": "avoided"}
    values = [("probe", value) for value in probes] + [("control", value) for value in controls]
    put(home, "samples", "r", f"avoided_{lang}", *(
        {"sample_id": sample("avoided", lang, n), "dataset_id": "avoided", "dataset_version": "1", "lang": lang,
         "item_id": str(n), "parallel_id": str(n), "cluster_id": str(n), "kind": "refusal", "question": "?",
         "category": category} for n, (category, _) in enumerate(values)
    ))  # fmt: skip
    completions, scores, verdicts = [], [], []
    for n, (_, value) in enumerate(values):
        of = sample("avoided", lang, n)
        status = "filtered" if value is None else "ok"
        who = {"completion_id": completion_uuid("r", "m", of, 0), "repeat_ix": 0, "sample_id": of, "status": status}
        completions.append(who | {"attempts": 1, "created_at": AT, "text": ""})
        scores.append(who | {"metric": "refusal", "metric_version": "1", "scored_at": AT, "value": value})
        if value is not None:
            verdicts.append(who | {
                "verdict_key": uuid.uuid5(uuid.NAMESPACE_OID, f"{lang} {n}"), "judge_model": "judge",
                "rubric": "refusal", "rubric_version": "1", "status": "valid", "judged_at": AT,
                # The judge finds every second answer evasive that says nothing of refusing, each sent by one in two.
                "value": 1.0 if value or n % 2 else 0.0, "weight": 1.0 if value else 2.0,
            })  # fmt: skip
    shard = shard_uuid("r", "m", lang, "avoided")
    for kind, rows in (("completions", completions), ("scores", scores), ("verdicts", verdicts)):
        write_part(home, kind, "r", shard, arrow_table(kind, rows, same))


def test_probes_stand_beside_controls_and_filters_apart(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    write(home, "zh", [1.0] * 18 + [0.0] * 6 + [None] * 6, [0.0] * 28 + [1.0, None])
    write(home, "de", [0.0] * 30, [0.0] * 30)
    load_parts(home)
    with connect(home.build) as con:
        rows = con.execute(
            """SELECT lang, probes, probes_refused, probes_filtered, controls, controls_filtered, rate, difference, lo,
               hi, probes_deflected_rate FROM v_refusals WHERE run_id = 'r' ORDER BY lang"""
        ).fetchall()
    german, chinese = rows
    assert german[:8] == ("de", 30, 0.0, 0, 30, 0, 0.0, 0.0)
    assert german[8] == pytest.approx(-0.1135, abs=1e-3) and german[9] == pytest.approx(0.1135, abs=1e-3)
    assert chinese[:7] == ("zh", 24, 18.0, 6, 29, 1, 0.75) and chinese[7] == pytest.approx(0.75 - 1 / 29)
    # statsmodels: confint_proportions_2indep(18, 24, 1, 29, method="newcomb")
    assert (chinese[8], chinese[9]) == (pytest.approx(0.47376837), pytest.approx(0.84858294))
    assert chinese[10] == pytest.approx((18 + 3 * 2) / (18 + 6 * 2))
