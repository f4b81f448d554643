-- After all other views: a roll-up is computed when it is asked for; of runs whose facts were aged out before they came
-- here, it is what their home kept.
CREATE OR REPLACE VIEW daily_scores AS
SELECT * FROM v_daily
UNION ALL BY NAME
SELECT * EXCLUDE (shard_id, batch) FROM daily_scores_rows
WHERE run_id NOT IN (SELECT run_id FROM shards WHERE kind = 'completions');
CREATE OR REPLACE VIEW daily_counts AS
SELECT run_id, model_id, lang, dataset_id, requested, answered, scored, errored, missing FROM v_daily_counts
WHERE run_id IN (SELECT run_id FROM shards WHERE kind = 'completions')
   OR run_id NOT IN (SELECT run_id FROM daily_counts_rows)
UNION ALL BY NAME
SELECT * EXCLUDE (shard_id, batch) FROM daily_counts_rows
WHERE run_id NOT IN (SELECT run_id FROM shards WHERE kind = 'completions');
