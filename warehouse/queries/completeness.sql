-- Is every completion accounted for?
-- $run = null: the run; the newest when left out
SELECT model_id, dataset_id, lang, requested, answered, scored, errored, missing, truncated, empty, filtered, context_overflow,
       no_answer_found, ambiguous
FROM v_completeness WHERE run_id = $run ORDER BY missing DESC, errored DESC, model_id, dataset_id, lang
