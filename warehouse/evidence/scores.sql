-- One metric of a model, a row an item: repeats are averaged; null where nothing was scored.
SELECT s.dataset_id, s.lang, p.item_id, p.parallel_id, p.cluster_id, coalesce(p.category, ''), s.value
FROM v_sample_score s JOIN samples p ON p.sample_id = s.sample_id
WHERE s.run_id = $run AND s.model_id = $model AND s.metric = $metric
ORDER BY s.dataset_id, s.lang, p.item_id
