-- Which version and signature made each shard's scores, corpus scores and extractions.
SELECT DISTINCT s.dataset_id, s.lang, CASE WHEN b.kind = 'extractions' THEN 'extraction' ELSE b.series END,
       coalesce(b.version, ''), coalesce(b.signature, '')
FROM batches b JOIN shards s ON s.kind = b.kind AND s.shard_id = b.shard_id AND s.batch = b.batch
WHERE b.is_current AND b.kind IN ('scores', 'corpus_scores', 'extractions') AND b.run_id = $run AND s.model_id = $model
