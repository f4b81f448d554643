-- Every completion accounted for, per cell: what was asked for, what came, what was scored, and why the rest was not.
-- Its five counts are what daily_counts is made of.
CREATE OR REPLACE VIEW v_daily_counts AS
WITH planned AS (
  SELECT run_id, model_id, lang, dataset_id, sum(requested)::BIGINT AS requested FROM plans GROUP BY ALL),
came AS (
  SELECT run_id, model_id, lang, dataset_id, count(*) AS came,
         count(*) FILTER (status = 'ok') AS ok, count(*) FILTER (status = 'truncated') AS truncated,
         count(*) FILTER (status = 'empty') AS empty, count(*) FILTER (status = 'filtered') AS filtered,
         count(*) FILTER (status = 'context_overflow') AS context_overflow,
         count(*) FILTER (status = 'infra_error') AS errored
  FROM completions GROUP BY ALL),
extracted AS (
  SELECT run_id, model_id, lang, dataset_id, count(*) AS extracted, count(*) FILTER (state = 'found') AS found,
         count(*) FILTER (state = 'ambiguous') AS ambiguous, count(*) FILTER (state = 'none') AS no_answer_found
  FROM v_extractions GROUP BY ALL),
scored AS (
  SELECT s.run_id, s.model_id, s.lang, s.dataset_id, count(s.value) AS scored
  FROM v_scores s JOIN datasets d ON d.run_id = s.run_id AND d.dataset_id = s.dataset_id AND d.primary_metric = s.metric
  GROUP BY ALL),
corpus AS (
  SELECT s.run_id, s.model_id, s.lang, s.dataset_id, max(s.n) AS scored
  FROM v_corpus_scores s
  JOIN datasets d ON d.run_id = s.run_id AND d.dataset_id = s.dataset_id AND d.primary_metric = s.metric
  WHERE s.value IS NOT NULL GROUP BY ALL)
SELECT run_id, model_id, lang, dataset_id,
       coalesce(p.requested, c.came) AS requested, coalesce(c.came - c.errored, 0) AS answered,
       coalesce(s.scored, k.scored, 0)::BIGINT AS scored, coalesce(c.errored, 0) AS errored,
       greatest(0, coalesce(p.requested, c.came) - coalesce(c.came, 0)) AS missing,
       coalesce(c.ok, 0) AS ok, coalesce(c.truncated, 0) AS truncated, coalesce(c.empty, 0) AS empty,
       coalesce(c.filtered, 0) AS filtered, coalesce(c.context_overflow, 0) AS context_overflow,
       e.found, e.ambiguous, e.no_answer_found,
       safe_div(c.errored, c.came) AS errored_rate, safe_div(c.truncated, c.came - c.errored) AS truncated_rate,
       safe_div(c.empty, c.came - c.errored) AS empty_rate,
       safe_div(e.no_answer_found + e.ambiguous, e.extracted) AS extraction_failure_rate
FROM (SELECT run_id, model_id, lang, dataset_id FROM planned
      UNION SELECT run_id, model_id, lang, dataset_id FROM came)  -- no FULL JOIN: it would read every night for one run
LEFT JOIN planned p USING (run_id, model_id, lang, dataset_id)
LEFT JOIN came c USING (run_id, model_id, lang, dataset_id)
LEFT JOIN extracted e USING (run_id, model_id, lang, dataset_id)
LEFT JOIN scored s USING (run_id, model_id, lang, dataset_id)
LEFT JOIN corpus k USING (run_id, model_id, lang, dataset_id);

-- The same for the runs whose rows are there: one that was aged out has no counts here, rather than nothing but missing.
CREATE OR REPLACE VIEW v_completeness AS
FROM v_daily_counts WHERE run_id NOT IN (SELECT run_id FROM retention WHERE level = 'facts');

-- What it took. A price, a token count or a clock that is not known gives NULL, never a cheap or a fast model.
CREATE OR REPLACE VIEW v_cost_speed AS
SELECT run_id, model_id, lang, dataset_id, requests, attempts, prompt_tokens, cached_tokens, completion_tokens,
       thinking_tokens, safe_div(thinking_tokens, completion_tokens) AS thinking_share, priced, cost_usd,
       safe_div(1000 * cost_usd, priced) AS cost_per_1000, seconds,
       safe_div(completion_tokens, seconds) AS tokens_per_second, latency_p50_ms, latency_p95_ms, latency_p99_ms
FROM (
  SELECT run_id, model_id, lang, dataset_id, count(*) AS requests, sum(attempts)::BIGINT AS attempts,
         sum(prompt_tokens)::BIGINT AS prompt_tokens, sum(cached_tokens)::BIGINT AS cached_tokens,
         sum(completion_tokens)::BIGINT AS completion_tokens, sum(thinking_tokens)::BIGINT AS thinking_tokens,
         count(cost_usd) AS priced, sum(cost_usd) AS cost_usd,
         epoch(max(created_at) - min(created_at - to_milliseconds(coalesce(latency_ms, 0)))) AS seconds,
         quantile_cont(latency_ms, 0.5) AS latency_p50_ms, quantile_cont(latency_ms, 0.95) AS latency_p95_ms,
         quantile_cont(latency_ms, 0.99) AS latency_p99_ms
  FROM completions GROUP BY ALL);

-- The table that a run prints: counts, the primary metric with its interval, fidelity and speed, per cell.
CREATE OR REPLACE VIEW v_results AS
SELECT c.run_id, c.model_id, c.lang, c.dataset_id, c.requested, c.answered, c.scored, c.errored, c.missing,
       d.primary_metric AS metric,
       coalesce(k.value, m.mean) AS value, CASE WHEN k.value IS NULL THEN m.lo ELSE k.lo END AS lo,
       CASE WHEN k.value IS NULL THEN m.hi ELSE k.hi END AS hi, CASE WHEN m.is_binary THEN m.mean END AS accuracy,
       f.wrong_language, f.code_switch, c.truncated, c.extraction_failure_rate, s.tokens_per_second, s.seconds,
       s.cost_usd
FROM v_completeness c
LEFT JOIN datasets d ON d.run_id = c.run_id AND d.dataset_id = c.dataset_id
LEFT JOIN v_metrics m ON m.run_id = c.run_id AND m.model_id = c.model_id AND m.lang = c.lang
                     AND m.dataset_id = c.dataset_id AND m.metric = d.primary_metric
LEFT JOIN v_corpus_scores k ON k.run_id = c.run_id AND k.model_id = c.model_id AND k.lang = c.lang
                           AND k.dataset_id = c.dataset_id AND k.metric = d.primary_metric
LEFT JOIN v_fidelity f ON f.run_id = c.run_id AND f.model_id = c.model_id AND f.lang = c.lang
                      AND f.dataset_id = c.dataset_id
LEFT JOIN v_cost_speed s ON s.run_id = c.run_id AND s.model_id = c.model_id AND s.lang = c.lang
                        AND s.dataset_id = c.dataset_id;

-- One row per model of a run: quality beside cost and speed.
CREATE OR REPLACE VIEW v_models AS
WITH cells AS (
  SELECT run_id, model_id, sum(requested)::BIGINT AS requested, sum(answered)::BIGINT AS answered,
         sum(scored)::BIGINT AS scored, sum(errored)::BIGINT AS errored, sum(missing)::BIGINT AS missing,
         avg(accuracy) AS accuracy, count(accuracy) AS accuracy_cells, min(accuracy) AS lowest_accuracy,
         arg_min(lang, accuracy) AS lowest_lang
  FROM v_results GROUP BY ALL),
work AS (
  SELECT run_id, model_id, sum(completion_tokens)::BIGINT AS completion_tokens,
         sum(thinking_tokens)::BIGINT AS thinking_tokens, count(cost_usd) AS priced, sum(cost_usd) AS cost_usd,
         epoch(max(created_at) - min(created_at - to_milliseconds(coalesce(latency_ms, 0)))) AS seconds,
         quantile_cont(latency_ms, 0.5) AS latency_p50_ms, quantile_cont(latency_ms, 0.95) AS latency_p95_ms
  FROM completions GROUP BY ALL)
SELECT c.*, w.completion_tokens, w.thinking_tokens, w.cost_usd, safe_div(1000 * w.cost_usd, w.priced) AS cost_per_1000,
       w.seconds, safe_div(w.completion_tokens, w.seconds) AS tokens_per_second, w.latency_p50_ms, w.latency_p95_ms,
       m.fingerprint, m.engine, m.parameters, m.licence, m.data_residency
FROM cells c
LEFT JOIN work w ON w.run_id = c.run_id AND w.model_id = c.model_id
LEFT JOIN models m ON m.run_id = c.run_id AND m.model_id = c.model_id;

-- Runs, newest first when ordered by started_at, with their counts: from the roll-up, so that a year of runs is listed
-- without reading a year of completions, and a run keeps its counts when its rows are aged out.
CREATE OR REPLACE VIEW v_runs AS
SELECT r.run_id, r.kind, r.suite, r.status, r.started_at, r.finished_at,
       epoch(r.finished_at - r.started_at) AS seconds, c.models, c.langs, c.datasets, c.requested, c.answered, c.scored,
       c.errored, c.missing, safe_div(c.errored, c.errored + c.answered) AS errored_rate, r.code_version, r.config_hash,
       r.message, a.levels AS aged_out
FROM runs r
LEFT JOIN (
  SELECT run_id, count(DISTINCT model_id) AS models, count(DISTINCT lang) AS langs,
         count(DISTINCT dataset_id) AS datasets, sum(requested)::BIGINT AS requested, sum(answered)::BIGINT AS answered,
         sum(scored)::BIGINT AS scored, sum(errored)::BIGINT AS errored, sum(missing)::BIGINT AS missing
  FROM daily_counts GROUP BY ALL) c ON c.run_id = r.run_id
LEFT JOIN (SELECT run_id, string_agg(DISTINCT level, ', ' ORDER BY level) AS levels FROM retention GROUP BY ALL) a
       ON a.run_id = r.run_id;
