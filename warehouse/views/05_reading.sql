-- Failures to read: every completion that a metric calls bad or could not score, with all there is to see.
-- Bad is the wrong half of a range from 0 to 1 (below 0.5, or from 0.5 on where lower is better). Sentence scores from
-- 0 to 100 (chrF, BLEU) have no half that is bad: only 0, nothing in common with a reference, is shown; of a metric
-- without a range only what has no value.
CREATE OR REPLACE VIEW v_failures AS
SELECT s.run_id, s.model_id, s.lang, s.dataset_id, s.metric, s.value, p.parallel_id, p.question AS prompt,
       p.gold[1] AS reference, t.text, c.finish_reason, c.error, s.completion_id, c.status, s.reason, p.category,
       p.context, p.options, p.gold, t.thinking, t.messages, e.state AS extraction, e.value AS extracted, e.method,
       e.span_start, e.span_end, c.completion_tokens, c.thinking_tokens, c.latency_ms, s.detail, p.item_id, s.repeat_ix
FROM v_scores s
JOIN completions c ON c.run_id = s.run_id AND c.shard_id = s.shard_id AND c.completion_id = s.completion_id
LEFT JOIN metrics m ON m.metric = s.metric
LEFT JOIN completion_text t ON t.run_id = s.run_id AND t.shard_id = s.shard_id AND t.completion_id = s.completion_id
LEFT JOIN v_extractions e ON e.run_id = s.run_id AND e.shard_id = s.shard_id AND e.completion_id = s.completion_id
LEFT JOIN samples p ON p.sample_id = s.sample_id
WHERE s.value IS NULL
   OR (s.direction = 'higher_better' AND m.upper > 1 AND s.value <= m.lower)
   OR (s.direction = 'higher_better' AND (m.upper = 1 OR s.is_binary) AND s.value < 0.5)
   OR (s.direction = 'lower_better' AND (m.upper = 1 OR s.is_binary) AND s.value >= 0.5);

-- How each number was made, and what changed since the model's run before: a changed making is another series.
CREATE OR REPLACE VIEW v_provenance AS
WITH made AS (
  SELECT DISTINCT s.run_id, s.model_id, s.dataset_id, b.series AS metric, b.version AS metric_version, b.signature,
         b.kind AS level, b.made_at
  FROM batches b
  JOIN shards s ON s.kind = b.kind AND s.shard_id = b.shard_id AND s.batch = b.batch
  WHERE b.is_current AND b.kind IN ('scores', 'corpus_scores')),
rows_of AS (
  SELECT run_id, model_id, dataset_id, metric, level, string_agg(DISTINCT metric_version, ', ' ORDER BY metric_version)
           AS metric_version,
         string_agg(DISTINCT signature, ' / ' ORDER BY signature) AS signature, max(made_at) AS scored_at
  FROM made GROUP BY ALL),
whole AS (
  SELECT r.started_at, r.code_version, r.config_hash AS suite_hash, w.*, m.fingerprint, m.engine, m.engine_version,
         m.model, m.revision, m.quantization, m.template_hash, d.version AS dataset_version,
         d.revision AS dataset_revision, d.content_hash, d.config_hash AS dataset_config_hash
  FROM rows_of w
  LEFT JOIN runs r ON r.run_id = w.run_id
  LEFT JOIN models m ON m.run_id = w.run_id AND m.model_id = w.model_id
  LEFT JOIN datasets d ON d.run_id = w.run_id AND d.dataset_id = w.dataset_id)
SELECT *, lag(run_id) OVER series AS previous_run_id,
       CASE WHEN lag(run_id) OVER series IS NOT NULL THEN concat_ws(', ',
         CASE WHEN fingerprint IS DISTINCT FROM lag(fingerprint) OVER series THEN 'model' END,
         CASE WHEN content_hash IS DISTINCT FROM lag(content_hash) OVER series
                OR dataset_version IS DISTINCT FROM lag(dataset_version) OVER series THEN 'data set' END,
         CASE WHEN dataset_config_hash IS DISTINCT FROM lag(dataset_config_hash) OVER series THEN 'prompts' END,
         CASE WHEN metric_version IS DISTINCT FROM lag(metric_version) OVER series THEN 'metric version' END,
         CASE WHEN signature IS DISTINCT FROM lag(signature) OVER series THEN 'signature' END)
       END AS differs_in
FROM whole
WINDOW series AS (PARTITION BY model_id, dataset_id, metric, level ORDER BY started_at, run_id);
