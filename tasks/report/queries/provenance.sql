-- How each number was made, and what changed since the model's run before.
SELECT model_id, dataset_id, metric, metric_version, signature, scored_at, dataset_version, dataset_revision,
       content_hash, dataset_config_hash, previous_run_id, differs_in
FROM v_provenance WHERE run_id = $run ORDER BY dataset_id, metric, model_id
