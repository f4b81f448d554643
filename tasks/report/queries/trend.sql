-- The last 60 nights of the run's models by primary metric: mean over languages, lowest and highest language.
SELECT t.dataset_id, t.metric, t.model_id, t.run_id, t.night, avg(t.mean) AS mean, min(t.mean) AS lowest,
       max(t.mean) AS highest, arg_min(t.lang, t.mean) AS lowest_lang, count(t.mean) AS langs,
       bool_or(t.made_differently) AS made_differently
FROM v_trend t
JOIN runs r ON r.run_id = $run
JOIN datasets d ON d.run_id = r.run_id AND d.dataset_id = t.dataset_id AND d.primary_metric = t.metric
WHERE t.kind = r.kind AND t.night BETWEEN r.started_at::DATE - 60 AND r.started_at::DATE
  AND t.model_id IN (SELECT model_id FROM models WHERE run_id = $run)
GROUP BY ALL HAVING count(t.mean) > 0 ORDER BY t.dataset_id, t.model_id, t.night, t.run_id
