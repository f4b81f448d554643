-- 0002_judges: what judges said, and how far they may be believed.
CREATE TABLE verdicts (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  model_id VARCHAR NOT NULL, lang VARCHAR NOT NULL, dataset_id VARCHAR NOT NULL,
  completion_id UUID NOT NULL, sample_id UUID NOT NULL, repeat_ix USMALLINT NOT NULL,
  verdict_key UUID NOT NULL, judge_model VARCHAR NOT NULL, rubric VARCHAR NOT NULL, rubric_version VARCHAR NOT NULL,
  status VARCHAR NOT NULL CHECK (status IN ('valid', 'invalid', 'cannot_judge', 'infra_error')),
  weight DOUBLE NOT NULL CHECK (weight > 0 AND weight < 1.7e308), judged_at TIMESTAMP NOT NULL,
  other_completion_id UUID, judge_fingerprint VARCHAR, rubric_hash VARCHAR, verdict VARCHAR,
  value DOUBLE CHECK (value BETWEEN -1.7e308 AND 1.7e308), evidence JSON, confidence DOUBLE, sent_because VARCHAR,
  position_swapped BOOLEAN, prompt_tokens INTEGER, completion_tokens INTEGER, latency_ms INTEGER, cost_usd DOUBLE,
  attempts USMALLINT, raw VARCHAR USING COMPRESSION zstd, error VARCHAR
);
CREATE TABLE calibrations (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  judge_model VARCHAR NOT NULL, rubric VARCHAR NOT NULL, rubric_version VARCHAR NOT NULL, lang VARCHAR NOT NULL,
  n INTEGER NOT NULL, state VARCHAR NOT NULL CHECK (state IN ('calibrated', 'uncalibrated')), made_at TIMESTAMP NOT NULL,
  judge_fingerprint VARCHAR, rubric_hash VARCHAR, labels_hash VARCHAR,
  true_positives DOUBLE, false_positives DOUBLE, false_negatives DOUBLE, true_negatives DOUBLE,
  "precision" DOUBLE, precision_lo DOUBLE, precision_hi DOUBLE, recall DOUBLE, recall_lo DOUBLE, recall_hi DOUBLE,
  specificity DOUBLE, specificity_lo DOUBLE, specificity_hi DOUBLE, kappa DOUBLE, kappa_lo DOUBLE, kappa_hi DOUBLE,
  pabak DOUBLE, pabak_lo DOUBLE, pabak_hi DOUBLE, reason VARCHAR
);
