-- Every planned or landed shard of a model with its counts.
SELECT dataset_id, lang, requested, answered, errored, missing
FROM v_completeness WHERE run_id = $run AND model_id = $model ORDER BY dataset_id, lang
