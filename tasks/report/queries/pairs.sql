-- Every pair of languages on their shared items, by the data set's primary metric.
SELECT v.model_id, v.dataset_id, v.lang_a, v.lang_b, v.items, v.agreement, v.comparable, v.same_answer
FROM v_language_pairs v
JOIN datasets d ON d.run_id = v.run_id AND d.dataset_id = v.dataset_id AND d.primary_metric = v.metric
WHERE v.run_id = $run ORDER BY v.model_id, v.dataset_id, v.lang_a, v.lang_b
