-- How did each rule of a gate come out?
-- $run = null: the run; the newest when left out
SELECT policy, model_id, rule, tier, verdict, quantity, scope, lang, value, lo, hi, bound, n, needed_n, p_adjusted, reason
FROM v_rules WHERE run_id = $run ORDER BY verdict, tier, rule, lang
