-- What each model is and how it was served.
SELECT model_id, fingerprint, engine, engine_version, model, revision, quantization, template_hash, config
FROM models WHERE run_id = $run ORDER BY model_id
