-- What got worse or better since the run with a tag, item by item?
-- $run = null: the run; the newest when left out
-- $baseline = production: the tag to compare with
SELECT model_id, lang, metric, base_run_id, pairs, base_mean, cand_mean, delta, lost, won, p_value
FROM v_regression WHERE run_id = $run AND baseline = $baseline ORDER BY p_value, model_id, lang
