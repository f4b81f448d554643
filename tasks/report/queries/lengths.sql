-- How long answers and thinking are, and how many were cut off, per model and language.
SELECT c.model_id, c.lang, sum(c.answered)::BIGINT AS answered, sum(c.truncated)::BIGINT AS truncated,
       safe_div(sum(c.truncated), sum(c.answered)) AS truncated_rate,
       safe_div(sum(s.completion_tokens), sum(s.requests)) AS tokens,
       safe_div(sum(s.thinking_tokens), sum(s.requests)) AS thinking
FROM v_completeness c
LEFT JOIN v_cost_speed s USING (run_id, model_id, lang, dataset_id)
WHERE c.run_id = $run GROUP BY c.model_id, c.lang ORDER BY c.lang <> 'en', c.lang, c.model_id
