-- How often is each model right, by language and data set?
-- $run = null: the run; the newest when left out
-- $metric = exact_match: a binary metric
SELECT model_id, dataset_id, lang, n, scored, errored, mean, lo, hi
FROM v_accuracy WHERE run_id = $run AND metric = $metric ORDER BY model_id, dataset_id, mean, lang
