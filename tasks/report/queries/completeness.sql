-- Every completion accounted for, per cell.
SELECT model_id, dataset_id, lang, requested, answered, scored, errored, missing, truncated, empty, filtered,
       context_overflow, ambiguous, no_answer_found
FROM v_completeness WHERE run_id = $run ORDER BY model_id, dataset_id, lang <> 'en', lang
