-- Does a model refuse plain questions, beside matched controls, language by language?
-- $run = null: the run; the newest when left out
SELECT s.model_id, s.lang, s.dataset_id, p.category, count(*) AS n, count(s.value) AS scored,
       count(*) FILTER (c.status = 'filtered') AS filtered, sum(s.value) AS refused,
       safe_div(sum(s.value), count(s.value)) AS rate, wilson_lo(sum(s.value), count(s.value)) AS lo,
       wilson_hi(sum(s.value), count(s.value)) AS hi
FROM v_scores s
JOIN samples p ON p.sample_id = s.sample_id
JOIN completions c ON c.run_id = s.run_id AND c.shard_id = s.shard_id AND c.completion_id = s.completion_id
WHERE s.run_id = $run AND s.metric = 'refusal'
GROUP BY s.model_id, s.lang, s.dataset_id, p.category
ORDER BY s.model_id, s.dataset_id, s.lang, p.category DESC
