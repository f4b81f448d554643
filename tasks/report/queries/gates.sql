-- The gate's decisions on the run, the newest first.
SELECT decision_id::VARCHAR AS decision_id, model_id, policy, policy_hash, verdict, baseline_run_id, decided_at,
       decided_by, override_reason, reasons, rules, passed, failed, inconclusive, missing
FROM v_gates WHERE run_id = $run ORDER BY decided_at DESC, policy, model_id
