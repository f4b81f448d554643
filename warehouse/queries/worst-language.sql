-- Which language does each model serve worst?
-- $run = null: the run; the newest when left out
SELECT model_id, metric, worst_lang, tied, macro, gap_to_best, langs, unscored_langs, n
FROM v_worst_language WHERE run_id = $run ORDER BY model_id, metric
