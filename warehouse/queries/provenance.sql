-- How was each number made, and what differs from the model's run before?
-- $run = null: the run; the newest when left out
SELECT model_id, dataset_id, metric, metric_version, signature, engine, engine_version, revision, left(fingerprint, 12) AS
       fingerprint, dataset_version, dataset_revision, previous_run_id, differs_in
FROM v_provenance WHERE run_id = $run ORDER BY model_id, dataset_id, metric
