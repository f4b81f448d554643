-- How far behind English is each language?
-- $run = null: the run; the newest when left out
-- $metric = exact_match: a binary metric
SELECT model_id, dataset_id, lang, language, n, mean, english, gap_to_english, gap_lo, gap_hi, place
FROM v_languages WHERE run_id = $run AND metric = $metric ORDER BY model_id, dataset_id, gap_to_english DESC NULLS FIRST
