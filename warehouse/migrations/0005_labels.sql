-- 0005_labels: what people said of answers of a run, which corrects a judge's rate; and what probes found of a judge.
CREATE TABLE labels (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  model_id VARCHAR NOT NULL, lang VARCHAR NOT NULL, dataset_id VARCHAR NOT NULL,
  sample_id UUID NOT NULL, repeat_ix USMALLINT NOT NULL, rubric VARCHAR NOT NULL, label VARCHAR NOT NULL,
  source VARCHAR NOT NULL CHECK (source IN ('human', 'authored')),
  weight DOUBLE NOT NULL CHECK (weight > 0 AND weight < 1.7e308), labelled_at TIMESTAMP NOT NULL,
  value DOUBLE CHECK (value BETWEEN 0 AND 1), rubric_version VARCHAR
);
CREATE TABLE probes (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  judge_model VARCHAR NOT NULL, rubric VARCHAR NOT NULL, rubric_version VARCHAR NOT NULL,
  probe VARCHAR NOT NULL CHECK (probe IN ('position', 'verbosity', 'self_preference', 'injection')),
  n INTEGER NOT NULL, state VARCHAR NOT NULL CHECK (state IN ('biased', 'unbiased', 'unknown')),
  tolerance DOUBLE NOT NULL, probed_at TIMESTAMP NOT NULL,
  judge_fingerprint VARCHAR, rubric_hash VARCHAR, lang VARCHAR, value DOUBLE, lo DOUBLE, hi DOUBLE, reason VARCHAR
);
