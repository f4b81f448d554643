-- Items to show: what was asked, answered, read and expected, of one model in one data set and language; first repeat.
SELECT p.item_id, p.question, coalesce(t.text, ''), coalesce(e.value, ''), coalesce(p.gold[1], ''), c.status
FROM completions c
JOIN samples p ON p.sample_id = c.sample_id
LEFT JOIN completion_text t ON t.run_id = c.run_id AND t.shard_id = c.shard_id AND t.completion_id = c.completion_id
LEFT JOIN v_extractions e ON e.run_id = c.run_id AND e.shard_id = c.shard_id AND e.completion_id = c.completion_id
WHERE c.run_id = $run AND c.model_id = $model AND c.dataset_id = $dataset AND c.lang = $lang AND c.repeat_ix = 0
  AND list_contains($items, p.item_id)
