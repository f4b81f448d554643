-- 0003_gate: baselines by tag, decisions and the rules behind them.
CREATE TABLE tags (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  tag VARCHAR NOT NULL, model_id VARCHAR NOT NULL, set_at TIMESTAMP NOT NULL, set_by VARCHAR, reason VARCHAR
);
CREATE TABLE decisions (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  decision_id UUID NOT NULL, policy VARCHAR NOT NULL, policy_hash VARCHAR NOT NULL,
  verdict VARCHAR NOT NULL CHECK (verdict IN ('GO', 'NO-GO', 'INCONCLUSIVE')), decided_at TIMESTAMP NOT NULL,
  model_id VARCHAR, baseline_run_id VARCHAR, reasons JSON, inputs JSON, alpha DOUBLE, decided_by VARCHAR,
  override_reason VARCHAR
);
CREATE TABLE rule_results (
  run_id VARCHAR NOT NULL, shard_id UUID NOT NULL, batch VARCHAR NOT NULL,
  decision_id UUID NOT NULL, rule VARCHAR NOT NULL, tier VARCHAR NOT NULL, quantity VARCHAR NOT NULL,
  scope VARCHAR NOT NULL, verdict VARCHAR NOT NULL CHECK (verdict IN ('PASS', 'FAIL', 'INCONCLUSIVE', 'MISSING')),
  model_id VARCHAR, lang VARCHAR, dataset_id VARCHAR, category VARCHAR, form VARCHAR, value DOUBLE, lo DOUBLE, hi DOUBLE,
  bound DOUBLE, margin DOUBLE, base_value DOUBLE, n INTEGER, needed_n INTEGER, p_value DOUBLE, p_adjusted DOUBLE,
  reason VARCHAR, query VARCHAR, examples JSON,
  CHECK (value BETWEEN -1.7e308 AND 1.7e308)
);
