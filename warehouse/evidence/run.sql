-- What a run is, as far as a gate must know.
SELECT status, kind, started_at, coalesce(message, '') FROM runs WHERE run_id = $run
