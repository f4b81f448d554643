-- How often the model is right in every language, in some only, in none.
SELECT v.model_id, v.dataset_id, v.metric, v.items, v.all_languages_ok, v.inconsistent, v.no_language_ok, v.langs
FROM v_consistency v
JOIN datasets d ON d.run_id = v.run_id AND d.dataset_id = v.dataset_id AND d.primary_metric = v.metric
WHERE v.run_id = $run ORDER BY v.dataset_id, v.model_id
