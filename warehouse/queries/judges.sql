-- What did the judges find, and may they be believed there?
-- $run = null: the run; the newest when left out
SELECT model_id, lang, dataset_id, judge_model, rubric, judged, valid, invalid, cannot_judge, errored, rate, corrected,
       corrected_lo, corrected_hi, correction, ppi, rogan_gladen, labelled, calibration, kappa, reason
FROM v_judge_rates WHERE run_id = $run ORDER BY model_id, rubric, lang
