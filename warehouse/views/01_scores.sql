-- Current scores: of several batches of a shard and metric the one with the latest scored_at counts (see batches).
-- infra_error has no value; a model's own failure that the scorer left open gets the metric's failure_value.
CREATE OR REPLACE VIEW v_scores AS
SELECT s.run_id, s.shard_id, s.model_id, s.lang, s.dataset_id, s.completion_id, s.sample_id, s.repeat_ix, s.status,
       s.metric, s.metric_version, s.signature, m.direction, m.is_binary,
       CASE WHEN s.status = 'infra_error' THEN NULL
            WHEN s.value IS NULL AND s.status <> 'ok' THEN m.failure_value
            ELSE s.value END AS value,
       s.reason, s.detail, s.scored_at
FROM scores s
JOIN batches b ON b.kind = 'scores' AND b.is_current AND b.run_id = s.run_id AND b.shard_id = s.shard_id
              AND b.series = s.metric AND b.batch = s.batch
LEFT JOIN metrics m ON m.metric = s.metric;

CREATE OR REPLACE VIEW v_corpus_scores AS
SELECT s.* EXCLUDE (shard_id, batch), m.direction, m.unit
FROM corpus_scores s
JOIN batches b ON b.kind = 'corpus_scores' AND b.is_current AND b.run_id = s.run_id AND b.shard_id = s.shard_id
              AND b.series = s.metric AND b.batch = s.batch
LEFT JOIN metrics m ON m.metric = s.metric;

CREATE OR REPLACE VIEW v_extractions AS
SELECT e.* EXCLUDE (batch)
FROM extractions e
JOIN batches b ON b.kind = 'extractions' AND b.is_current AND b.run_id = e.run_id AND b.shard_id = e.shard_id
              AND b.batch = e.batch;

-- One row per run, model, sample and metric: repeats averaged.
CREATE OR REPLACE VIEW v_sample_score AS
SELECT run_id, model_id, lang, dataset_id, sample_id, metric, avg(value) AS value, count(*) AS repeats,
       count(*) FILTER (value IS NULL) AS failed
FROM v_scores GROUP BY ALL;

-- Every metric per cell. n: completions in the denominator (infra_error left it); scored: those with a value;
-- items: those of the first repeat, which is what the interval counts, so that repeats do not narrow it.
CREATE OR REPLACE VIEW v_metrics AS
SELECT run_id, model_id, lang, dataset_id, metric, direction, is_binary, n, scored, errored, items, mean, sd,
       CASE WHEN is_binary THEN wilson_lo(mean * items, items)
            WHEN items > 1 THEN mean - 1.959963984540054 * safe_div(sd, sqrt(items)) END AS lo,
       CASE WHEN is_binary THEN wilson_hi(mean * items, items)
            WHEN items > 1 THEN mean + 1.959963984540054 * safe_div(sd, sqrt(items)) END AS hi
FROM (
  SELECT run_id, model_id, lang, dataset_id, metric, direction, is_binary,
         count(*) FILTER (status <> 'infra_error') AS n, count(value) AS scored,
         count(*) FILTER (status = 'infra_error') AS errored,
         count(value) FILTER (repeat_ix = 0) AS items, avg(value) AS mean, stddev_samp(value) AS sd
  FROM v_scores GROUP BY ALL);

CREATE OR REPLACE VIEW v_accuracy AS
SELECT run_id, model_id, lang, dataset_id, metric, n, scored, mean, lo, hi, errored, items
FROM v_metrics WHERE is_binary AND direction = 'higher_better';
