-- What the lake has beside a table for each kind of part. DuckLake knows no keys: that a part is here once is the work of
-- the ledger in PostgreSQL (ledger.sql).
CREATE TABLE IF NOT EXISTS shards (
  kind VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  run_id VARCHAR NOT NULL, model_id VARCHAR, lang VARCHAR, dataset_id VARCHAR,
  path VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, rows BIGINT NOT NULL, generation INTEGER NOT NULL,
  file_sha256 VARCHAR NOT NULL, file_bytes BIGINT NOT NULL, file_mtime_ns BIGINT NOT NULL, loaded_at TIMESTAMP NOT NULL
);
CREATE TABLE IF NOT EXISTS readings (
  kind VARCHAR NOT NULL, run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, series VARCHAR NOT NULL, batch VARCHAR NOT NULL,
  version VARCHAR, signature VARCHAR, made_at TIMESTAMP NOT NULL, rows BIGINT NOT NULL
);
-- Of several readings of a shard the latest counts.
CREATE OR REPLACE VIEW batches AS
SELECT *, row_number() OVER (PARTITION BY kind, run_id, shard_id, series ORDER BY made_at DESC, batch DESC) = 1 AS is_current
FROM readings;
-- Dimensions come with every run; one row of each is shown, the latest, instead of being merged by racing writers.
CREATE OR REPLACE VIEW languages AS
FROM languages_rows QUALIFY row_number() OVER (PARTITION BY lang ORDER BY written_at DESC) = 1;
CREATE OR REPLACE VIEW metrics AS
FROM metrics_rows QUALIFY row_number() OVER (PARTITION BY metric ORDER BY written_at DESC) = 1;
CREATE OR REPLACE VIEW samples AS
FROM samples_rows QUALIFY row_number() OVER (PARTITION BY sample_id) = 1;
-- The lake makes no roll-up and ages nothing out: what lies in it stays until it is deleted in it.
CREATE OR REPLACE VIEW touched AS SELECT NULL::VARCHAR AS run_id, NULL::VARCHAR AS reason WHERE false;
-- Until rollups.sql says them in full: views name them before that.
CREATE OR REPLACE VIEW daily_scores AS SELECT * EXCLUDE (shard_id, batch) FROM daily_scores_rows;
CREATE OR REPLACE VIEW daily_counts AS SELECT * EXCLUDE (shard_id, batch) FROM daily_counts_rows;
