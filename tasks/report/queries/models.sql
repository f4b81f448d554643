-- One row per model: quality beside cost, speed, thinking and truncation.
SELECT v.model_id, v.requested, v.answered, v.scored, v.errored, v.missing, v.accuracy, v.accuracy_cells,
       v.lowest_accuracy, v.lowest_lang, v.completion_tokens, v.thinking_tokens, v.cost_usd, v.cost_per_1000, v.seconds,
       v.tokens_per_second, v.latency_p50_ms, v.latency_p95_ms, v.parameters, v.licence, v.data_residency
FROM v_models v WHERE v.run_id = $run ORDER BY v.accuracy DESC NULLS LAST, v.model_id
