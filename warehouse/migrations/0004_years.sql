-- 0004_years: what stays when the rows of a night are aged out.
CREATE TABLE daily_scores (
  run_id VARCHAR NOT NULL, shard_id UUID, batch VARCHAR,
  model_id VARCHAR NOT NULL, lang VARCHAR NOT NULL, dataset_id VARCHAR NOT NULL, kind VARCHAR NOT NULL,
  night DATE NOT NULL, metric VARCHAR NOT NULL, n BIGINT NOT NULL, scored BIGINT NOT NULL, errored BIGINT NOT NULL,
  items BIGINT NOT NULL, mean DOUBLE, sd DOUBLE, lo DOUBLE, hi DOUBLE, metric_version VARCHAR, fingerprint VARCHAR
);
CREATE TABLE retention (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  level VARCHAR NOT NULL CHECK (level IN ('text', 'facts')), aged_at TIMESTAMP NOT NULL, reason VARCHAR
);
