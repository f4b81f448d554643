-- Which answers went wrong? To be read.
-- $run = null: the run; the newest when left out
-- $lang = null: the language; all of them when left out
-- $model = null: the model; all of them when left out
-- $metric = exact_match: the metric that calls them wrong
-- $limit = 20: how many
SELECT model_id, lang, dataset_id, item_id, status, prompt, text, extracted, reference, reason
FROM v_failures
WHERE run_id = $run AND metric = $metric AND ($lang IS NULL OR lang = $lang) AND ($model IS NULL OR model_id = $model)
ORDER BY model_id, lang, dataset_id, item_id LIMIT $limit::INTEGER
