-- Which runs are there, and did they finish?
-- $limit = 20: how many, the newest first
SELECT run_id, kind, suite, status, started_at, seconds, models, langs, datasets, requested, answered, scored, errored, missing
FROM v_runs ORDER BY started_at DESC, run_id DESC LIMIT $limit::INTEGER
