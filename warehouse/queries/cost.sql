-- What did it cost, and how fast was it, beside how good it was?
-- $run = null: the run; the newest when left out
SELECT model_id, accuracy, lowest_lang, lowest_accuracy, requested, completion_tokens, thinking_tokens, cost_usd, cost_per_1000,
       tokens_per_second, latency_p50_ms, latency_p95_ms
FROM v_models WHERE run_id = $run ORDER BY accuracy DESC NULLS LAST
