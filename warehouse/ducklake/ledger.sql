-- In PostgreSQL, beside DuckLake's own tables. The key of a part is a row here, held by one writer at a time.
CREATE TABLE IF NOT EXISTS babelgate_ledger (
  kind text NOT NULL, shard_id uuid NOT NULL, batch text NOT NULL, sha256 text NOT NULL, generation integer NOT NULL,
  registered_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (kind, shard_id, batch)
);
-- DuckLake commits by inserting the names of its files here, so that the same part twice fails in the commit itself. It
-- matters where a writer dies: its hold on the ledger ends at once, while the server may still finish its last commit.
CREATE UNIQUE INDEX IF NOT EXISTS babelgate_once
  ON ducklake_data_file (table_id, regexp_replace(path, '-[0-9a-f]{16}\.parquet$', ''))
  WHERE path ~ '\.g[0-9]+-[0-9a-f]{16}\.parquet$';
CREATE TABLE IF NOT EXISTS babelgate_setup (sha256 text NOT NULL);
