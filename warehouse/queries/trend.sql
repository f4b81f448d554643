-- How has a model done night after night?
-- $model = null: the model; all of them when left out
-- $lang = null: the language; all of them when left out
-- $metric = exact_match: the metric
-- $limit = 60: how many rows, the newest first
SELECT night, run_id, model_id, lang, dataset_id, n, mean, lo, hi, delta, mean_of_7, made_differently
FROM v_trend
WHERE metric = $metric AND ($model IS NULL OR model_id = $model) AND ($lang IS NULL OR lang = $lang)
ORDER BY night DESC, run_id DESC, model_id, lang LIMIT $limit::INTEGER
