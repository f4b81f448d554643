-- How many answers there are to read in all, per cell.
SELECT model_id, lang, dataset_id, count(DISTINCT completion_id) AS failures
FROM v_failures WHERE run_id = $run AND (value IS NOT NULL OR status <> 'ok') GROUP BY ALL
