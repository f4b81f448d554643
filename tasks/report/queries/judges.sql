-- What judges found, and whether they may be believed there.
SELECT model_id, lang, dataset_id, judge_model, rubric, rubric_version, judged, valid, invalid, cannot_judge, errored,
       rate, lo, hi, calibration, usable, calibration_n, "precision", recall, kappa, kappa_lo, kappa_hi, reason,
       labelled, ppi, rogan_gladen, corrected, corrected_lo, corrected_hi, correction
FROM v_judge_rates WHERE run_id = $run ORDER BY rubric, judge_model, lang, model_id, dataset_id
