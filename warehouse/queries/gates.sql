-- What did the gate decide, and why?
-- $limit = 20: how many, the newest first
SELECT decided_at, run_id, model_id, policy, verdict, rules, passed, failed, inconclusive, missing, baseline_run_id, decided_by,
       reasons
FROM v_gates ORDER BY decided_at DESC LIMIT $limit::INTEGER
