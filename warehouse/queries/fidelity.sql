-- Does a model answer in the language that it was asked in?
-- $run = null: the run; the newest when left out
SELECT model_id, lang, dataset_id, n, checked, wrong_language, wrong_language_hi, code_switch, code_switch_hi,
       switched_char_share, intrusions
FROM v_fidelity WHERE run_id = $run ORDER BY wrong_language DESC NULLS LAST, code_switch DESC NULLS LAST
