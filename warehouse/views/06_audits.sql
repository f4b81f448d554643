-- The audits must be empty before a warehouse is published. Each has a run_id, so that only what is new is read.
CREATE OR REPLACE VIEW audit_duplicates AS
SELECT run_id, model_id, sample_id, repeat_ix, count(*) AS n FROM completions GROUP BY ALL HAVING n > 1;

CREATE OR REPLACE VIEW audit_documents AS
SELECT run_id, 'run' AS what, run_id AS name, count(*) AS n FROM runs GROUP BY ALL HAVING n > 1
UNION ALL SELECT run_id, 'model', model_id, count(*) AS n FROM models GROUP BY ALL HAVING n > 1
UNION ALL SELECT run_id, 'data set', dataset_id, count(*) AS n FROM datasets GROUP BY ALL HAVING n > 1
UNION ALL SELECT run_id, 'decision', decision_id::VARCHAR, count(*) AS n FROM decisions GROUP BY ALL HAVING n > 1
UNION ALL SELECT run_id, 'planned shard', concat_ws(' ', model_id, lang, dataset_id), count(*) AS n FROM plans
          GROUP BY ALL HAVING n > 1;

CREATE OR REPLACE VIEW audit_row_counts AS
WITH found AS (
  SELECT 'completions' AS kind, run_id, shard_id, batch, count(*) AS n FROM completions GROUP BY ALL
  UNION ALL SELECT 'extractions', run_id, shard_id, batch, count(*) FROM extractions GROUP BY ALL
  UNION ALL SELECT 'scores', run_id, shard_id, batch, count(*) FROM scores GROUP BY ALL
  UNION ALL SELECT 'corpus_scores', run_id, shard_id, batch, count(*) FROM corpus_scores GROUP BY ALL
  UNION ALL SELECT 'verdicts', run_id, shard_id, batch, count(*) FROM verdicts GROUP BY ALL)
SELECT coalesce(s.run_id, f.run_id) AS run_id, coalesce(s.kind, f.kind) AS kind,
       coalesce(s.shard_id, f.shard_id) AS shard_id, coalesce(s.batch, f.batch) AS batch, s.rows AS expected,
       coalesce(f.n, 0) AS found
FROM (
  SELECT * FROM shards
  WHERE kind IN ('completions', 'extractions', 'scores', 'corpus_scores', 'verdicts')
    AND run_id NOT IN (SELECT run_id FROM retention WHERE level = 'facts')) s
FULL JOIN found f ON f.kind = s.kind AND f.run_id = s.run_id AND f.shard_id = s.shard_id AND f.batch = s.batch
WHERE s.rows IS DISTINCT FROM coalesce(f.n, 0);

CREATE OR REPLACE VIEW audit_orphans AS
SELECT run_id, 'scores without a completion' AS problem, count(*) AS n
FROM scores s ANTI JOIN completions c ON c.run_id = s.run_id AND c.shard_id = s.shard_id
                                     AND c.completion_id = s.completion_id GROUP BY run_id
UNION ALL SELECT run_id, 'verdicts without a completion', count(*)
FROM verdicts v ANTI JOIN completions c ON c.run_id = v.run_id AND c.completion_id = v.completion_id GROUP BY run_id
UNION ALL SELECT run_id, 'completions without a text', count(*)
FROM completions c ANTI JOIN completion_text t ON t.run_id = c.run_id AND t.shard_id = c.shard_id
                                              AND t.completion_id = c.completion_id
WHERE run_id NOT IN (SELECT run_id FROM retention) GROUP BY run_id
UNION ALL SELECT run_id, 'completions of an unknown sample', count(*)
FROM completions c ANTI JOIN samples p ON p.sample_id = c.sample_id GROUP BY run_id
UNION ALL SELECT run_id, 'completions of an unknown run', count(*)
FROM completions c ANTI JOIN runs r ON r.run_id = c.run_id GROUP BY run_id
UNION ALL SELECT run_id, 'completions of an unknown model', count(*)
FROM completions c ANTI JOIN models m ON m.run_id = c.run_id AND m.model_id = c.model_id GROUP BY run_id
UNION ALL SELECT run_id, 'completions of an unknown data set', count(*)
FROM completions c ANTI JOIN datasets d ON d.run_id = c.run_id AND d.dataset_id = c.dataset_id GROUP BY run_id
UNION ALL SELECT run_id, 'completions in an unknown language', count(*)
FROM completions c ANTI JOIN languages l ON l.lang = c.lang GROUP BY run_id
UNION ALL SELECT run_id, 'scores of an unknown metric', count(*)
FROM scores s ANTI JOIN metrics m ON m.metric = s.metric GROUP BY run_id
UNION ALL SELECT run_id, 'corpus scores of an unknown metric', count(*)
FROM corpus_scores s ANTI JOIN metrics m ON m.metric = s.metric GROUP BY run_id;

CREATE OR REPLACE VIEW audit_stale AS
SELECT run_id, 'roll-up is older than the facts' AS problem FROM touched WHERE reason = 'rollup';
