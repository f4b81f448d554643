-- Every run, the newest first, with the verdict of its latest gate per policy and model.
SELECT v.run_id, v.kind, v.suite, v.status, v.started_at, v.seconds, v.models, v.langs, v.datasets, v.requested,
       v.answered, v.errored, v.missing, g.verdicts
FROM v_runs v
LEFT JOIN (
  SELECT run_id, string_agg(concat_ws(' ', verdict, policy, model_id), '; ' ORDER BY decided_at DESC, policy, model_id)
           AS verdicts
  FROM (SELECT * FROM v_gates QUALIFY row_number() OVER (PARTITION BY run_id, policy, model_id ORDER BY decided_at DESC) = 1)
  GROUP BY run_id) g USING (run_id)
ORDER BY v.started_at DESC, v.run_id
