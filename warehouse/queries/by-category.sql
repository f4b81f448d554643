-- How good is each model by language and category: by length of context, answerable or not, subject?
-- $run = null: the run; the newest when left out
-- $dataset = null: only this data set
SELECT s.model_id, s.dataset_id, coalesce(p.category, '') AS category, s.lang, s.metric, count(*) AS n,
       count(s.value) AS scored, avg(s.value) AS mean
FROM v_scores s
JOIN datasets d ON d.run_id = s.run_id AND d.dataset_id = s.dataset_id AND d.primary_metric = s.metric
JOIN samples p ON p.sample_id = s.sample_id
WHERE s.run_id = $run AND ($dataset IS NULL OR s.dataset_id = $dataset)
GROUP BY ALL ORDER BY s.model_id, s.dataset_id, category, s.lang
