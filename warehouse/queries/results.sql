-- What did a run find: every cell with its counts, its primary metric, fidelity and speed
-- $run = null: the run; the newest when left out
SELECT model_id, dataset_id, lang, requested, answered, scored, errored, metric, value, lo, hi, wrong_language, code_switch,
       tokens_per_second
FROM v_results WHERE run_id = $run ORDER BY model_id, dataset_id, lang
