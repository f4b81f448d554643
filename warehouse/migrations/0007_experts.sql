-- 0007_experts: how often each expert of a mixture was used, where a server said so; one row per shard, layer and expert.
CREATE TABLE expert_loads (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  model_id VARCHAR NOT NULL, lang VARCHAR NOT NULL, dataset_id VARCHAR NOT NULL,
  layer USMALLINT NOT NULL, expert USMALLINT NOT NULL, tokens BIGINT NOT NULL CHECK (tokens > 0),
  answers INTEGER NOT NULL CHECK (answers > 0)
);
