-- The data sets of a run and how they were made.
SELECT dataset_id, kind, version, coalesce(revision, ''), coalesce(config_hash, ''), primary_metric
FROM datasets WHERE run_id = $run ORDER BY dataset_id
