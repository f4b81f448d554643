-- The run against a baseline, paired by sample; the worst first.
SELECT g.model_id, g.lang, g.dataset_id, g.metric, m.direction, g.pairs, g.base_mean, g.cand_mean, g.delta, g.lost, g.won,
       g.p_value
FROM regression($run, $base) g
JOIN metrics m USING (metric)
LEFT JOIN datasets d ON d.run_id = $run AND d.dataset_id = g.dataset_id
WHERE g.metric IN ('wrong_language', 'code_switch') OR g.metric = d.primary_metric
ORDER BY CASE WHEN m.direction = 'lower_better' THEN -g.delta ELSE g.delta END, g.model_id, g.dataset_id, g.lang, g.metric
