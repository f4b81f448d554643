-- 0006_counts: how many completions were asked for and came, per run and cell; what lists all runs reads nothing else.
CREATE TABLE daily_counts (
  run_id VARCHAR NOT NULL, shard_id UUID, batch VARCHAR,
  model_id VARCHAR NOT NULL, lang VARCHAR NOT NULL, dataset_id VARCHAR NOT NULL,
  requested BIGINT NOT NULL, answered BIGINT NOT NULL, scored BIGINT NOT NULL, errored BIGINT NOT NULL,
  missing BIGINT NOT NULL
);
-- The runs that are there already are counted when the file is next loaded or published.
INSERT INTO touched SELECT DISTINCT run_id, 'rollup' FROM runs ON CONFLICT DO NOTHING;
