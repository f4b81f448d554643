-- What each rule of a decision found; what does not pass comes first.
SELECT decision_id::VARCHAR AS decision_id, rule, tier, quantity, scope, verdict, model_id, lang, dataset_id, value, lo, hi,
       bound, base_value, n, needed_n, p_adjusted, reason
FROM v_rules WHERE run_id = $run
ORDER BY list_position(['FAIL', 'MISSING', 'INCONCLUSIVE', 'PASS'], verdict), tier, rule, model_id, lang, dataset_id
