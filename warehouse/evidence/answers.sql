-- What was read out of each answer, in a form that compares across languages, and whether it is right.
SELECT s.dataset_id, s.lang, p.item_id, p.parallel_id, p.cluster_id, coalesce(p.category, ''), s.repeat_ix, p.kind, s.status,
       s.value, coalesce(e.state, 'none'), e.parallel_value
FROM v_scores s
JOIN samples p ON p.sample_id = s.sample_id
LEFT JOIN v_extractions e ON e.run_id = s.run_id AND e.shard_id = s.shard_id AND e.completion_id = s.completion_id
WHERE s.run_id = $run AND s.model_id = $model AND s.dataset_id = $dataset AND s.metric = $metric
ORDER BY s.lang, p.item_id, s.repeat_ix
