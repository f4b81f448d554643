-- 0001_core: the ledger, the small tables that say what was run, and the facts.
-- Facts carry NOT NULL and CHECK only: a key would cost three times the load and twice the file, so what is there twice
-- is found by the ledger and the audit views. No ENUM (it cannot be extended) and no FOREIGN KEY (it blocks ALTER).
-- NaN and infinity lie outside every BETWEEN; a CHECK calls no function, since DuckDB 2.0 cannot always replay that.
-- Times are UTC without a zone: a zone would make Python want pytz and every reader's answer depend on where it sits.

CREATE TABLE shards (
  kind VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  run_id VARCHAR NOT NULL, model_id VARCHAR, lang VARCHAR, dataset_id VARCHAR,
  path VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, rows BIGINT NOT NULL,
  file_sha256 VARCHAR NOT NULL, file_bytes BIGINT NOT NULL, file_mtime_ns BIGINT NOT NULL,
  loaded_at TIMESTAMP NOT NULL,
  PRIMARY KEY (kind, shard_id, batch)
);
CREATE TABLE batches (
  kind VARCHAR NOT NULL, run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, series VARCHAR NOT NULL, batch VARCHAR NOT NULL,
  version VARCHAR, signature VARCHAR, made_at TIMESTAMP NOT NULL, rows BIGINT NOT NULL, is_current BOOLEAN NOT NULL
);
CREATE TABLE touched (run_id VARCHAR NOT NULL, reason VARCHAR NOT NULL, PRIMARY KEY (run_id, reason));

CREATE TABLE languages (
  lang VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, native_name VARCHAR, script VARCHAR, rtl BOOLEAN,
  written_at TIMESTAMP NOT NULL
);
CREATE TABLE metrics (
  metric VARCHAR PRIMARY KEY, direction VARCHAR NOT NULL CHECK (direction IN ('higher_better', 'lower_better')),
  is_binary BOOLEAN NOT NULL, lower DOUBLE, upper DOUBLE, failure_value DOUBLE, unit VARCHAR, description VARCHAR,
  written_at TIMESTAMP NOT NULL
);
CREATE TABLE samples (
  sample_id UUID PRIMARY KEY, dataset_id VARCHAR NOT NULL, dataset_version VARCHAR NOT NULL, lang VARCHAR NOT NULL,
  item_id VARCHAR NOT NULL, parallel_id VARCHAR NOT NULL, cluster_id VARCHAR NOT NULL, kind VARCHAR NOT NULL,
  category VARCHAR, question VARCHAR NOT NULL, context VARCHAR, options VARCHAR[], labels VARCHAR[], gold VARCHAR[]
);

CREATE TABLE runs (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  kind VARCHAR NOT NULL, suite VARCHAR NOT NULL,
  status VARCHAR NOT NULL CHECK (status IN ('running', 'complete', 'partial', 'failed')),
  code_version VARCHAR NOT NULL, config_hash VARCHAR NOT NULL, config JSON, prefect_flow_run_id VARCHAR,
  started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP, selftest JSON, message VARCHAR
);
CREATE TABLE models (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  model_id VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL, engine VARCHAR NOT NULL, model VARCHAR, revision VARCHAR,
  family VARCHAR, quantization VARCHAR, engine_version VARCHAR, template_hash VARCHAR, parameters DOUBLE,
  licence VARCHAR, data_residency VARCHAR, price JSON, config JSON
);
CREATE TABLE datasets (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  dataset_id VARCHAR NOT NULL, version VARCHAR NOT NULL, kind VARCHAR NOT NULL, title VARCHAR, licence VARCHAR,
  citation VARCHAR, source VARCHAR, revision VARCHAR, primary_metric VARCHAR NOT NULL, content_hash VARCHAR NOT NULL,
  config_hash VARCHAR
);
CREATE TABLE plans (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  model_id VARCHAR NOT NULL, lang VARCHAR NOT NULL, dataset_id VARCHAR NOT NULL, requested INTEGER NOT NULL
);

CREATE TABLE completions (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  model_id VARCHAR NOT NULL, lang VARCHAR NOT NULL, dataset_id VARCHAR NOT NULL,
  completion_id UUID NOT NULL, sample_id UUID NOT NULL, repeat_ix USMALLINT NOT NULL,
  status VARCHAR NOT NULL CHECK (status IN ('ok', 'truncated', 'empty', 'filtered', 'context_overflow', 'infra_error')),
  attempts USMALLINT NOT NULL, created_at TIMESTAMP NOT NULL, completion_key UUID, prompt_hash UUID, seed BIGINT,
  finish_reason VARCHAR, prompt_tokens INTEGER, completion_tokens INTEGER, thinking_tokens INTEGER,
  cached_tokens INTEGER, latency_ms INTEGER, cost_usd DOUBLE CHECK (cost_usd BETWEEN -1.7e308 AND 1.7e308),
  system_fingerprint VARCHAR, error VARCHAR
);
-- the wide text lies apart: no trend query touches it and ageing can drop it
CREATE TABLE completion_text (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL, completion_id UUID NOT NULL,
  text VARCHAR USING COMPRESSION zstd, thinking VARCHAR USING COMPRESSION zstd, messages VARCHAR USING COMPRESSION zstd
);
CREATE TABLE extractions (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  model_id VARCHAR NOT NULL, lang VARCHAR NOT NULL, dataset_id VARCHAR NOT NULL,
  completion_id UUID NOT NULL, sample_id UUID NOT NULL, repeat_ix USMALLINT NOT NULL,
  state VARCHAR NOT NULL CHECK (state IN ('found', 'ambiguous', 'none')), method VARCHAR NOT NULL,
  strict BOOLEAN NOT NULL, extractor_version VARCHAR NOT NULL, extracted_at TIMESTAMP NOT NULL,
  value VARCHAR, parallel_value VARCHAR, span_start INTEGER, span_end INTEGER, alternatives VARCHAR[]
);
CREATE TABLE scores (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  model_id VARCHAR NOT NULL, lang VARCHAR NOT NULL, dataset_id VARCHAR NOT NULL,
  completion_id UUID NOT NULL, sample_id UUID NOT NULL, repeat_ix USMALLINT NOT NULL, status VARCHAR NOT NULL,
  metric VARCHAR NOT NULL, metric_version VARCHAR NOT NULL, scored_at TIMESTAMP NOT NULL, signature VARCHAR,
  value DOUBLE CHECK (value BETWEEN -1.7e308 AND 1.7e308), reason VARCHAR, detail VARCHAR
);
CREATE TABLE corpus_scores (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  model_id VARCHAR NOT NULL, lang VARCHAR NOT NULL, dataset_id VARCHAR NOT NULL,
  metric VARCHAR NOT NULL, metric_version VARCHAR NOT NULL, n INTEGER NOT NULL, scored_at TIMESTAMP NOT NULL,
  signature VARCHAR, value DOUBLE CHECK (value BETWEEN -1.7e308 AND 1.7e308), lo DOUBLE, hi DOUBLE,
  reference_hash VARCHAR, reason VARCHAR, detail VARCHAR
);
CREATE TABLE findings (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  dataset_id VARCHAR NOT NULL, check_name VARCHAR NOT NULL, severity VARCHAR NOT NULL, message VARCHAR NOT NULL,
  lang VARCHAR, count INTEGER, examples JSON
);
CREATE TABLE selftests (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  check_name VARCHAR NOT NULL, state VARCHAR NOT NULL, checked_at TIMESTAMP NOT NULL,
  expected VARCHAR, actual VARCHAR, tolerance DOUBLE, detail VARCHAR
);
