-- Every metric of every cell: what the heat maps show. A corpus metric has its own value and interval.
SELECT c.dataset_id, c.metric, c.model_id, c.lang, c.value, c.lo, c.hi, c.n, c.scored, c.errored, m.direction,
       m.lower, m.upper, coalesce(c.metric = d.primary_metric, false) AS is_primary
FROM (
  SELECT dataset_id, metric, model_id, lang, mean AS value, lo, hi, n, scored, errored FROM v_metrics WHERE run_id = $run
  UNION ALL
  SELECT dataset_id, metric, model_id, lang, value, lo, hi, n, CASE WHEN value IS NULL THEN 0 ELSE n END, 0
  FROM v_corpus_scores WHERE run_id = $run AND lang <> '*') c
JOIN metrics m USING (metric)
LEFT JOIN datasets d ON d.run_id = $run AND d.dataset_id = c.dataset_id
ORDER BY is_primary DESC, c.metric NOT IN ('wrong_language', 'code_switch'), c.metric, c.dataset_id, c.lang <> 'en',
         c.lang, c.model_id
