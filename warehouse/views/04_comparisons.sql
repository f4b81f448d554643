-- Who carries which tag now: the latest setting of each counts.
CREATE OR REPLACE VIEW baselines AS
SELECT tag AS baseline, model_id, run_id, set_by, reason, set_at
FROM tags QUALIFY row_number() OVER (PARTITION BY tag, model_id ORDER BY set_at DESC, run_id DESC) = 1;

-- Any two runs, paired by sample: FROM regression('candidate', 'base').
CREATE OR REPLACE MACRO regression(cand, base) AS TABLE
SELECT c.model_id, c.lang, c.dataset_id, c.metric, count(*) AS pairs, avg(b.value) AS base_mean,
       avg(c.value) AS cand_mean, avg(c.value - b.value) AS delta,
       count(*) FILTER (b.value >= 0.5 AND c.value < 0.5) AS lost,
       count(*) FILTER (b.value < 0.5 AND c.value >= 0.5) AS won, mcnemar_p(lost, won) AS p_value
FROM v_sample_score c
JOIN v_sample_score b USING (model_id, sample_id, metric)
JOIN metrics m USING (metric)
WHERE c.run_id = cand AND b.run_id = base AND m.is_binary AND c.value IS NOT NULL AND b.value IS NOT NULL
GROUP BY ALL;

-- Every run against the runs that carry a tag for its model, paired by sample: a changed item is no pair.
-- lost and won: from value 1 to 0 and back, so for a lower_better metric `won` is the bad news.
-- Only runs with a tag are averaged as bases, so that the question costs the same after a year of nights.
CREATE OR REPLACE VIEW v_regression AS
WITH base AS (
  SELECT t.baseline, s.run_id, s.model_id, s.sample_id, s.metric, avg(s.value) AS value
  FROM v_scores s JOIN baselines t ON t.run_id = s.run_id AND t.model_id = s.model_id
  WHERE s.is_binary GROUP BY ALL)
SELECT c.run_id, b.run_id AS base_run_id, b.baseline, c.model_id, c.lang, c.metric, count(*) AS pairs,
       avg(b.value) AS base_mean, avg(c.value) AS cand_mean, avg(c.value - b.value) AS delta,
       count(*) FILTER (b.value >= 0.5 AND c.value < 0.5) AS lost,
       count(*) FILTER (b.value < 0.5 AND c.value >= 0.5) AS won, mcnemar_p(lost, won) AS p_value
FROM v_sample_score c
JOIN base b ON b.model_id = c.model_id AND b.sample_id = c.sample_id AND b.metric = c.metric AND b.run_id <> c.run_id
WHERE c.value IS NOT NULL AND b.value IS NOT NULL
GROUP BY ALL;

-- What the roll-up daily_scores is made of: one row per cell and metric, the corpus value where a metric has one.
CREATE OR REPLACE VIEW v_daily AS
WITH versions AS (
  SELECT b.kind AS level, b.run_id, s.model_id, s.lang, s.dataset_id, b.series AS metric, max(b.version) AS metric_version
  FROM batches b JOIN shards s ON s.kind = b.kind AND s.run_id = b.run_id AND s.shard_id = b.shard_id AND s.batch = b.batch
  WHERE b.is_current GROUP BY ALL),
cells AS (
  SELECT 'corpus_scores' AS level, run_id, model_id, lang, dataset_id, metric, n::BIGINT AS n,
         CASE WHEN value IS NULL THEN 0 ELSE n END AS scored, 0 AS errored, n AS items, value AS mean,
         NULL::DOUBLE AS sd, lo, hi
  FROM v_corpus_scores
  UNION ALL BY NAME
  SELECT 'scores' AS level, m.* EXCLUDE (direction, is_binary)
  FROM v_metrics m
  ANTI JOIN v_corpus_scores k ON k.run_id = m.run_id AND k.model_id = m.model_id AND k.lang = m.lang
                             AND k.dataset_id = m.dataset_id AND k.metric = m.metric)
SELECT c.* EXCLUDE (level), r.kind, r.started_at::DATE AS night, v.metric_version, m.fingerprint
FROM cells c
JOIN runs r ON r.run_id = c.run_id
LEFT JOIN models m ON m.run_id = c.run_id AND m.model_id = c.model_id
LEFT JOIN versions v ON v.level = c.level AND v.run_id = c.run_id AND v.model_id = c.model_id AND v.lang = c.lang
                    AND v.dataset_id = c.dataset_id AND v.metric = c.metric;

-- Nights in a row: each beside the one before and the mean of the seven before it, within the same kind of run.
CREATE OR REPLACE VIEW v_trend AS
SELECT night, run_id, kind, model_id, lang, dataset_id, metric, n, scored, mean, lo, hi,
       lag(mean) OVER series AS previous_mean, mean - lag(mean) OVER series AS delta,
       avg(mean) OVER (series ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING) AS mean_of_7,
       row_number() OVER series AS nights, metric_version, fingerprint,
       coalesce(fingerprint <> lag(fingerprint) OVER series OR metric_version <> lag(metric_version) OVER series, false)
         AS made_differently
FROM daily_scores
WINDOW series AS (PARTITION BY kind, model_id, lang, dataset_id, metric ORDER BY night, run_id);

-- Gate decisions with the count of their rules.
CREATE OR REPLACE VIEW v_gates AS
SELECT d.run_id, d.model_id, d.policy, d.policy_hash, d.verdict, d.baseline_run_id, d.decided_at, d.decided_by,
       d.override_reason, d.reasons, d.decision_id, count(r.rule) AS rules,
       count(*) FILTER (r.verdict = 'PASS') AS passed, count(*) FILTER (r.verdict = 'FAIL') AS failed,
       count(*) FILTER (r.verdict = 'INCONCLUSIVE') AS inconclusive, count(*) FILTER (r.verdict = 'MISSING') AS missing
FROM decisions d LEFT JOIN rule_results r ON r.run_id = d.run_id AND r.decision_id = d.decision_id
GROUP BY ALL;

CREATE OR REPLACE VIEW v_rules AS
SELECT r.* EXCLUDE (shard_id, batch), d.policy, d.decided_at
FROM rule_results r JOIN decisions d ON d.run_id = r.run_id AND d.decision_id = r.decision_id;
