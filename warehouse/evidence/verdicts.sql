-- What judges said under one rubric, what people said of the same answers, and whether each judge may be believed there.
SELECT v.dataset_id, v.lang, p.item_id, p.parallel_id, p.cluster_id, coalesce(p.category, ''), v.judge_model,
       v.weight, v.value, v.status, coalesce(c.state, 'uncalibrated'), coalesce(c.reason, 'it was never calibrated there'),
       coalesce(c.true_positives, 0), coalesce(c.false_positives, 0), coalesce(c.false_negatives, 0),
       coalesce(c.true_negatives, 0), v.rubric_version, l.value, coalesce(l.weight, 1)
FROM v_verdicts v
JOIN samples p ON p.sample_id = v.sample_id
LEFT JOIN v_calibrations c ON c.judge_model = v.judge_model AND c.rubric = v.rubric
                          AND c.rubric_version = v.rubric_version AND c.lang = v.lang
                          AND c.judge_fingerprint IS NOT DISTINCT FROM v.judge_fingerprint
LEFT JOIN labels l ON l.run_id = v.run_id AND l.model_id = v.model_id AND l.lang = v.lang
                  AND l.dataset_id = v.dataset_id AND l.sample_id = v.sample_id AND l.repeat_ix = v.repeat_ix
                  AND l.rubric = v.rubric AND l.value IN (0, 1)
WHERE v.run_id = $run AND v.model_id = $model AND v.rubric = $rubric
ORDER BY v.dataset_id, v.lang, p.item_id
