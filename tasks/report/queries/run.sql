-- The run itself, with its counts.
SELECT r.run_id, r.kind, r.suite, r.status, r.started_at, r.finished_at, v.seconds, v.models, v.langs, v.datasets,
       v.requested, v.answered, v.scored, v.errored, v.missing, r.code_version, r.config_hash, r.config, r.selftest,
       coalesce(r.message, v.message) AS message, v.aged_out
FROM runs r JOIN v_runs v USING (run_id) WHERE r.run_id = $run
