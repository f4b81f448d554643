-- What the data check found wrong with the run's data sets.
SELECT dataset_id, message FROM findings WHERE run_id = $run AND severity = 'error' ORDER BY dataset_id, message
