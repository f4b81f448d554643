-- Does a model refuse plain questions, beside matched controls, language by language?
-- $run = null: the run; the newest when left out
SELECT model_id, lang, dataset_id, probes, rate, control_rate, difference, lo, hi, probes_filtered, controls_filtered,
       judge_model, probes_deflected_rate, controls_deflected_rate
FROM v_refusals WHERE run_id = $run ORDER BY model_id, dataset_id, lang, judge_model
