-- Answers that no metric has looked at, by shard.
SELECT c.dataset_id, c.lang, count(*) FROM completions c
WHERE c.run_id = $run AND c.model_id = $model AND c.status <> 'infra_error'
  AND NOT EXISTS (FROM v_scores s WHERE s.run_id = c.run_id AND s.shard_id = c.shard_id
                                    AND s.completion_id = c.completion_id)
GROUP BY ALL ORDER BY ALL
