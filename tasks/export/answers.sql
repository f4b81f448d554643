-- One row per completion of a run: what was asked, what came, what was read out of it, and every score.
SELECT c.run_id, c.model_id, c.lang, c.dataset_id, p.item_id, p.parallel_id, c.repeat_ix, p.kind, p.category, p.question,
       p.context, p.options, p.labels, p.gold, t.messages, t.text, t.thinking, c.status, c.finish_reason, c.error,
       e.state AS extraction, e.value AS extracted, e.parallel_value, s.scores, c.prompt_tokens, c.completion_tokens,
       c.thinking_tokens, c.latency_ms, c.cost_usd, c.created_at, c.completion_id::VARCHAR AS completion_id
FROM completions c
LEFT JOIN completion_text t ON t.run_id = c.run_id AND t.shard_id = c.shard_id AND t.completion_id = c.completion_id
LEFT JOIN samples p ON p.sample_id = c.sample_id
LEFT JOIN v_extractions e ON e.run_id = c.run_id AND e.shard_id = c.shard_id AND e.completion_id = c.completion_id
LEFT JOIN (
  SELECT completion_id, list({'metric': metric, 'value': value, 'reason': reason} ORDER BY metric) AS scores
  FROM v_scores WHERE run_id = $run GROUP BY completion_id) s ON s.completion_id = c.completion_id
WHERE c.run_id = $run
ORDER BY c.model_id, c.dataset_id, c.lang, p.item_id, c.repeat_ix
