-- Which judges does position, length, kinship or an order inside the answer move?
SELECT judge_model, rubric, probe, lang, n, value, lo, hi, tolerance, state, reason, probed_at
FROM v_judge_probes ORDER BY judge_model, rubric, probe, lang
