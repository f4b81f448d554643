-- What the data check saw in the run's data sets.
SELECT dataset_id, check_name, severity, message, lang, "count" FROM findings WHERE run_id = $run
ORDER BY list_position(['error', 'warning', 'info'], severity), dataset_id, check_name, lang
