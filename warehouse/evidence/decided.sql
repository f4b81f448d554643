-- The newest decision on each model of a run, with its reasons as JSON and the run that it was held against.
SELECT model_id, verdict, reasons, coalesce(baseline_run_id, '') FROM v_gates WHERE run_id = $run
QUALIFY row_number() OVER (PARTITION BY model_id ORDER BY decided_at DESC) = 1 ORDER BY model_id
