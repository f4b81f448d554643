-- Every run with its models, the newest first.
SELECT r.run_id, m.model_id FROM runs r JOIN models m ON m.run_id = r.run_id ORDER BY r.started_at DESC, r.run_id DESC, m.model_id
