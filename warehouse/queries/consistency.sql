-- Does a model answer the same item equally well in every language?
-- $run = null: the run; the newest when left out
SELECT model_id, dataset_id, metric, items, langs, all_languages_ok, inconsistent, no_language_ok
FROM v_consistency WHERE run_id = $run ORDER BY model_id, dataset_id, metric
