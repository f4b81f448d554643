-- One metric night by night: a row a run, model, language and data set, oldest first.
SELECT model_id, lang, dataset_id, night::VARCHAR, run_id, mean, items, coalesce(metric_version, ''), coalesce(fingerprint, '')
FROM daily_scores WHERE metric = $metric AND kind = $kind ORDER BY model_id, lang, dataset_id, night, run_id
