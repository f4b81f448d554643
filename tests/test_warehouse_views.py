"""The views against figures worked out by hand, and the statistics macros against scipy."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from scipy.stats import binomtest

from tests.small_run import empty_home, rescore, write_both
from warehouse.connect import connect, open_published
from warehouse.load import load_parts
from warehouse.migrate import HERE, migrate
from warehouse.publish import publish


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    home = empty_home(tmp_path_factory.mktemp("home"))
    write_both(home)
    assert load_parts(home).rejected == []
    publish(home)
    with open_published(home) as con:
        yield con


CASES = [
    (
        "SELECT run_id, lang, n, scored, errored, items, mean FROM v_accuracy ORDER BY ALL",
        [("r1", "en", 4, 4, 0, 4, 0.75), ("r1", "sw", 4, 4, 0, 4, 0.25), ("r2", "en", 4, 4, 0, 4, 1.0),
         ("r2", "sw", 3, 3, 1, 3, 1 / 3)],
    ),
    # Wilson for 1 of 3 and 4 of 4.
    (
        "SELECT round(lo, 6), round(hi, 6) FROM v_accuracy WHERE run_id = 'r2' ORDER BY lang",
        [(0.510109, 1.0), (0.061492, 0.79234)],
    ),
    (
        "SELECT run_id, worst_lang, tied, macro, gap_to_best, langs, unscored_langs FROM v_worst_language ORDER BY ALL",
        [("r1", "sw", "sw", 0.25, 0.5, 2, 0), ("r2", "sw", "sw", 1 / 3, 2 / 3, 2, 0)],
    ),
    (
        "SELECT lang, language, english, gap_to_english, place FROM v_languages WHERE run_id = 'r1' ORDER BY ALL",
        [("en", "English", 0.75, 0.0, 1), ("sw", "Swahili", 0.75, 0.5, 2)],
    ),
    # r2: items 1, 2 and 4 were scored in both languages; only the fourth is right in both.
    (
        "SELECT run_id, items, all_languages_ok, inconsistent, no_language_ok, langs FROM v_consistency ORDER BY ALL",
        [("r1", 4, 0.25, 0.5, 0.25, 2), ("r2", 3, 1 / 3, 2 / 3, 0.0, 2)],
    ),
    (
        """SELECT run_id, lang_a, lang_b, items, both_right, only_a, only_b, neither, agreement, comparable, same_answer
           FROM v_language_pairs ORDER BY ALL""",
        [("r1", "en", "sw", 4, 1, 2, 0, 1, 0.5, 3, 2 / 3), ("r2", "en", "sw", 3, 1, 2, 0, 0, 1 / 3, 2, 0.5)],
    ),
    (
        "SELECT run_id, lang, n, checked, wrong_language, code_switch FROM v_fidelity ORDER BY ALL",
        [("r1", "en", 4, 4, 0.0, None), ("r1", "sw", 4, 4, 0.25, None), ("r2", "en", 4, 4, 0.0, None),
         ("r2", "sw", 3, 2, 0.5, None)],
    ),
    (
        """SELECT lang, dataset_id, requested, answered, scored, errored, missing, ok, truncated, found,
                  no_answer_found, errored_rate FROM v_completeness WHERE run_id = 'r2' ORDER BY dataset_id, lang""",
        [("sw", "pairs", 2, 2, 2, 0, 0, 2, 0, None, None, 0.0), ("en", "sums", 4, 4, 4, 0, 0, 4, 0, 4, 0, 0.0),
         ("sw", "sums", 5, 3, 3, 1, 1, 2, 1, 2, 1, 0.25)],
    ),
    # Four answers of one second each, finished at seconds 1 to 4: 40 tokens in 4 s; no price is known for Swahili.
    (
        """SELECT lang, completion_tokens, seconds, tokens_per_second, cost_usd, cost_per_1000, latency_p95_ms
           FROM v_cost_speed WHERE run_id = 'r2' AND dataset_id = 'sums' ORDER BY lang""",
        [("en", 40, 4.0, 10.0, 0.004, 1.0, 1000.0), ("sw", 30, 4.0, 7.5, None, None, 1000.0)],
    ),
    (
        """SELECT lang, dataset_id, metric, value, lo, hi, accuracy FROM v_results
           WHERE run_id = 'r2' AND dataset_id = 'pairs'""",
        [("sw", "pairs", "chrf", 41.5, 38.0, 45.0, None)],
    ),
    (
        "SELECT requested, answered, scored, errored, missing, accuracy, lowest_lang FROM v_models WHERE run_id = 'r2'",
        [(11, 9, 9, 1, 1, 2 / 3, "sw")],
    ),
    (
        "SELECT run_id, status, seconds, models, langs, datasets, requested, errored, aged_out FROM v_runs ORDER BY 1",
        [("r1", "complete", 90.0, 1, 2, 1, 8, 0, None), ("r2", "complete", 90.0, 1, 2, 2, 11, 1, None)],
    ),
    (
        """SELECT run_id, base_run_id, baseline, lang, pairs, delta, lost, won, p_value FROM v_regression
           WHERE metric = 'exact_match' ORDER BY ALL""",
        [("r2", "r1", "production", "en", 4, 0.25, 0, 1, 1.0), ("r2", "r1", "production", "sw", 3, 0.0, 1, 1, 1.0)],
    ),
    (
        "SELECT lang, pairs, lost, won FROM regression('r1', 'r2') WHERE metric = 'exact_match' ORDER BY ALL",
        [("en", 4, 1, 0), ("sw", 3, 1, 1)],
    ),
    (
        """SELECT run_id, lang, mean, previous_mean, delta, nights, made_differently FROM v_trend
           WHERE metric = 'exact_match' ORDER BY ALL""",
        [("r1", "en", 0.75, None, None, 1, False), ("r1", "sw", 0.25, None, None, 1, False),
         ("r2", "en", 1.0, 0.75, 0.25, 2, True), ("r2", "sw", 1 / 3, 0.25, 1 / 3 - 0.25, 2, True)],
    ),
    (
        "SELECT verdict, rules, passed, failed, inconclusive, missing, baseline_run_id FROM v_gates",
        [("NO-GO", 2, 1, 1, 0, 0, "r1")],
    ),
    ("SELECT rule, verdict, policy FROM v_rules ORDER BY ALL", [("floor-en", "PASS", "release"),
                                                                ("floor-sw", "FAIL", "release")]),
    # The weighted rate is 1·1 of 1+3; Kish's effective size (1+3)²/(1+9). English is calibrated, Swahili is not.
    (
        """SELECT lang, judged, valid, invalid, rate, effective_n, calibration, usable FROM v_judge_rates""",
        [("sw", 3, 2, 1, 0.25, 1.6, "uncalibrated", False)],
    ),
    (
        """SELECT lang, item_id, status, value, extraction, reference, text FROM v_failures
           WHERE run_id = 'r2' AND metric = 'exact_match' AND lang = 'sw' ORDER BY item_id""",
        [("sw", "sw-1", "ok", 0.0, "found", "1", "Jibu: 8 <b>&</b> sawa"),
         ("sw", "sw-2", "truncated", 0.0, "none", "2", "Jibu: 8 <b>&</b> sawa"),
         ("sw", "sw-3", "infra_error", None, None, "3", "Jibu: 8 <b>&</b> sawa")],
    ),
    ("SELECT count(*) FROM v_failures WHERE metric = 'wrong_language' AND value = 1", [(2,)]),
    ("SELECT count(*) FROM v_failures WHERE metric = 'chrf'", [(0,)]),  # 40 and 43 of 100 are no failures
    (
        "SELECT run_id, metric, differs_in, previous_run_id FROM v_provenance WHERE metric = 'exact_match' ORDER BY 1",
        [("r1", "exact_match", None, None), ("r2", "exact_match", "model", "r1")],
    ),
    ("SELECT baseline, model_id, run_id FROM baselines", [("production", "small", "r1")]),
    # Weights: label 2 times verdict 1 and 3; people flag both, the judge the first.
    ("SELECT labelled, apart, w, w2, wy, wf, wyf, others FROM v_judge_labels", [(2, 1, 8.0, 40.0, 8.0, 2.0, 2.0, 0)]),
    ("SELECT probe, lang, n, value, state FROM v_judge_probes", [("position", None, 20, 0.9, "biased")]),
    # Swahili shares one expert with English. All else is apart: JS is 3/4.
    ("SELECT lang, expert, tokens, share FROM v_expert_load ORDER BY ALL",
     [("en", 0, 60, 0.75), ("en", 1, 20, 0.25), ("sw", 1, 10, 0.25), ("sw", 7, 30, 0.75)]),
    ("""SELECT lang, layer, answers, tokens, used_experts, effective_experts, top_expert, top_share, js_to_english,
               js_by_chance FROM v_expert_balance ORDER BY lang""",
     [("en", 1, 4, 80, 2, 1.7547653506033232, 0, 0.75, 0.0, None),
      ("sw", 1, 4, 40, 2, 1.7547653506033232, 7, 0.75, 0.75, 0.006762633004167017)]),
    ("SELECT count(*) FROM v_refusals", [(0,)]),  # with rows in tests/test_refusals.py
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), CASES, ids=[" ".join(query.split())[:60] for query, _ in CASES])
def test_view(con: duckdb.DuckDBPyConnection, query: str, expected: list[tuple]) -> None:
    found = con.cursor().execute(query).fetchall()
    assert [tuple(pytest.approx(v, rel=1e-9) if isinstance(v, float) else v for v in row) for row in expected] == found


def test_every_view_has_a_case(con: duckdb.DuckDBPyConnection) -> None:
    plumbing = {"v_scores", "v_corpus_scores", "v_extractions", "v_sample_score", "v_metrics", "v_daily", "v_verdicts",
                "v_calibrations", "v_daily_counts"}  # fmt: skip
    views = {n for (n,) in con.cursor().execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()}
    tested = {view for view in views if any(f" {view}" in query for query, _ in CASES)}
    assert views - tested == plumbing | {view for view in views if view.startswith("audit_")}


def test_audits_are_empty(con: duckdb.DuckDBPyConnection) -> None:
    names = con.cursor().execute("SELECT view_name FROM duckdb_views() WHERE view_name LIKE 'audit_%'").fetchall()
    assert len(names) == 5
    for (name,) in names:
        assert con.cursor().execute(f"FROM {name}").fetchall() == []


def test_everything_is_explained(con: duckdb.DuckDBPyConnection) -> None:
    mute = con.cursor().execute(
        """SELECT table_name FROM duckdb_tables() WHERE comment IS NULL
           UNION ALL SELECT view_name FROM duckdb_views() WHERE comment IS NULL AND NOT internal
           UNION ALL SELECT concat_ws('.', table_name, column_name) FROM duckdb_columns()
                     WHERE comment IS NULL AND NOT internal"""
    )
    assert mute.fetchall() == []


def test_the_glossary_explains_nothing_that_is_not_there(con: duckdb.DuckDBPyConnection) -> None:
    columns = con.cursor().execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    known = {table for table, _ in columns} | {f".{c}" for _, c in columns} | {f"{t}.{c}" for t, c in columns}
    glossary = (HERE / "glossary.tsv").read_text(encoding="utf-8").splitlines()
    said = [line.split("\t")[0] for line in glossary if line and not line.startswith("#")]
    assert sorted(set(said) - known) == []
    assert len(said) == len(set(said))


def test_the_latest_reading_counts_and_the_first_is_kept(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    write_both(home)
    load_parts(home)
    query = "SELECT mean, n FROM v_accuracy WHERE run_id = 'r1' AND lang = 'sw'"
    with connect(home.build) as con:
        assert con.execute(query).fetchall() == [(0.25, 4)]
    rescore(home, "r1", "sw", [1, 1, 1, 0], at=datetime(2026, 11, 5, tzinfo=UTC), version="2")
    load_parts(home)
    rescore(home, "r1", "sw", [0, 0, 0, 0], at=datetime(2026, 11, 4, tzinfo=UTC), version="1b")  # older, arriving later
    load_parts(home)
    publish(home)
    with open_published(home) as con:
        assert con.execute(query).fetchall() == [(0.75, 4)]
        history = """SELECT metric_version, sum(value) FROM scores
                     WHERE run_id = 'r1' AND lang = 'sw' AND metric = 'exact_match' GROUP BY 1 ORDER BY 1"""
        assert con.execute(history).fetchall() == [("1", 1.0), ("1b", 0.0), ("2", 3.0)]
        other = "SELECT mean FROM v_metrics WHERE run_id = 'r1' AND lang = 'sw' AND metric = 'wrong_language'"
        assert con.execute(other).fetchall() == [(0.25,)]
        trend = (
            "SELECT mean, metric_version FROM v_trend WHERE run_id = 'r1' AND lang = 'sw' AND metric = 'exact_match'"
        )
        assert con.execute(trend).fetchall() == [(0.75, "2")]


@pytest.fixture(scope="module")
def macros(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(tmp_path_factory.mktemp("macros") / "m.duckdb") as con:
        migrate(con)
        yield con


@pytest.mark.parametrize("n", [1, 2, 7, 100, 1319])
def test_wilson_is_that_of_scipy(macros: duckdb.DuckDBPyConnection, n: int) -> None:
    for k in {0, 1, n // 3, n - 1, n}:
        interval = binomtest(k, n).proportion_ci(method="wilson")
        found = macros.execute("SELECT wilson_lo($k, $n), wilson_hi($k, $n)", {"k": k, "n": n}).fetchall()
        assert found == [(pytest.approx(interval.low, abs=1e-9), pytest.approx(interval.high, abs=1e-9))]


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (0, 1), (3, 3), (1, 9), (40, 61), (500, 620), (0, 800)])
def test_mcnemar_is_the_binomial_test_of_scipy(macros: duckdb.DuckDBPyConnection, lost: int, won: int) -> None:
    expected = binomtest(lost, lost + won).pvalue if lost + won else 1.0
    found = macros.execute("SELECT mcnemar_p($b, $c)", {"b": lost, "c": won}).fetchall()
    assert found == [(pytest.approx(expected, rel=1e-8),)]


@pytest.mark.parametrize(
    "expression",
    ["safe_div(1, 0)", "safe_div(0.0, 0)", "safe_div('nan'::DOUBLE, 2)", "safe_div(1, 'inf'::DOUBLE)",
     "safe_div(NULL, 2)", "wilson_lo(0, 0)", "wilson_hi(0, 0)", "wilson_lo(NULL, 5)",
     "wilson_hi(NULL, 5)", "wilson_hi(NULL, NULL)", "mcnemar_p(NULL, 3)"],
)  # fmt: skip
def test_nothing_to_divide_is_null(macros: duckdb.DuckDBPyConnection, expression: str) -> None:
    assert macros.execute(f"SELECT {expression}").fetchall() == [(None,)]


def test_a_gate_on_an_empty_slice_does_not_pass(con: duckdb.DuckDBPyConnection) -> None:
    """The trap itself, and that no view of ours falls into it."""
    assert con.cursor().execute("SELECT 0.0 / 0 >= 0.8").fetchall() == [(True,)]
    empty = "SELECT coalesce(safe_div(sum(mean), count(mean)) >= 0.8, false) FROM v_accuracy WHERE lang = 'xx'"
    assert con.cursor().execute(empty).fetchall() == [(False,)]
    columns = con.cursor().execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE data_type = 'DOUBLE' AND table_name[:2] = 'v_'"
    )
    for view, column in columns.fetchall():
        bad = f'SELECT count(*) FROM {view} WHERE NOT isfinite("{column}")'
        assert con.cursor().execute(bad).fetchall() == [(0,)], f"{view}.{column}"


def test_nothing_that_was_scored_is_infinite(macros: duckdb.DuckDBPyConnection) -> None:
    row = """INSERT INTO corpus_scores BY NAME
             SELECT 'r' AS run_id, uuid() AS shard_id, '' AS batch, 'm' AS model_id, 'en' AS lang, 'd' AS dataset_id,
                    'x' AS metric, '1' AS metric_version, 1 AS n, TIMESTAMP '2026-11-01' AS scored_at,"""
    for value in ("'nan'::DOUBLE", "1 / 0"):
        with pytest.raises(duckdb.ConstraintException):
            macros.execute(f"{row} {value} AS value")
