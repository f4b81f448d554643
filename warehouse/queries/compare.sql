-- How do two runs of the same model differ, item by item?
-- $run = null: the newer run; the newest when left out
-- $base = null: the run to compare with
SELECT model_id, lang, dataset_id, metric, pairs, base_mean, cand_mean, delta, lost, won, p_value
FROM regression($run, $base) ORDER BY p_value, model_id, lang
