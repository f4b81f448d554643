-- Answers with their references, for corpus metrics; an answer that the world's faults took is left out.
SELECT c.dataset_id, c.lang, p.item_id, p.parallel_id, p.cluster_id, coalesce(p.category, ''), c.repeat_ix, p.kind, p.gold,
       CASE WHEN c.status = 'ok' THEN t.text ELSE '' END
FROM completions c
JOIN samples p ON p.sample_id = c.sample_id
JOIN completion_text t ON t.run_id = c.run_id AND t.shard_id = c.shard_id AND t.completion_id = c.completion_id
WHERE c.run_id = $run AND c.model_id = $model AND c.status <> 'infra_error' AND len(p.gold) > 0
  AND EXISTS (FROM v_corpus_scores k WHERE k.run_id = c.run_id AND k.model_id = c.model_id AND k.lang = c.lang
                                       AND k.dataset_id = c.dataset_id AND k.metric = $metric)
ORDER BY c.dataset_id, c.lang, p.item_id, c.repeat_ix
