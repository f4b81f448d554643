-- The models of a run with what is stated about them; price is JSON or null.
SELECT model_id, fingerprint, coalesce(licence, ''), coalesce(data_residency, ''), parameters, coalesce(revision, ''), engine, config
FROM models WHERE run_id = $run ORDER BY model_id
