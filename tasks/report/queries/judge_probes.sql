-- What probes found of the judges that read answers of the run.
SELECT judge_model, rubric, probe, lang, n, value, lo, hi, tolerance, state, reason
FROM v_judge_probes
WHERE (judge_model, judge_fingerprint) IN (SELECT (judge_model, judge_fingerprint) FROM v_verdicts WHERE run_id = $run)
ORDER BY judge_model, rubric, probe, lang
