-- Every completion: its status, and what it took.
SELECT c.dataset_id, c.lang, p.item_id, p.parallel_id, p.cluster_id, coalesce(p.category, ''), c.repeat_ix, c.status,
       c.latency_ms, c.completion_tokens, c.cost_usd, epoch(c.created_at)
FROM completions c JOIN samples p ON p.sample_id = c.sample_id
WHERE c.run_id = $run AND c.model_id = $model
ORDER BY c.dataset_id, c.lang, p.item_id, c.repeat_ix
