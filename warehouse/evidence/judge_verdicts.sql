-- The valid verdicts of a run, with what they were given for.
SELECT model_id, lang, dataset_id, judge_model, judge_fingerprint, rubric, rubric_version, sample_id::VARCHAR,
       repeat_ix, value, weight
FROM v_verdicts WHERE run_id = $run AND status = 'valid' AND value IS NOT NULL
