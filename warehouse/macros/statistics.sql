-- Division, intervals and tests that never turn a missing number into one that passes.
-- In DuckDB 1/0 is inf, 0.0/0 is nan, and nan >= 0.8 is true: every division goes through safe_div.
CREATE OR REPLACE MACRO safe_div(a, b) AS
  CASE WHEN b = 0 OR NOT isfinite(a::DOUBLE) OR NOT isfinite(b::DOUBLE) THEN NULL ELSE a / b END;

-- greatest() and least() pass over NULL, so what is missing is asked for first.
-- Wilson's score interval (Wilson 1927) for k hits among n; k may be fractional (repeats averaged per item).
CREATE OR REPLACE MACRO wilson_mid(k, n, z := 1.959963984540054) AS
  CASE WHEN n > 0 THEN (k + z * z / 2) / (n + z * z) END;
CREATE OR REPLACE MACRO wilson_half(k, n, z := 1.959963984540054) AS
  CASE WHEN n > 0 THEN z * sqrt(greatest(0, k * (n - k) * 1.0 / n) + z * z / 4) / (n + z * z) END;
CREATE OR REPLACE MACRO wilson_lo(k, n, z := 1.959963984540054) AS
  CASE WHEN n > 0 AND k IS NOT NULL THEN greatest(0, wilson_mid(k, n, z) - wilson_half(k, n, z)) END;
CREATE OR REPLACE MACRO wilson_hi(k, n, z := 1.959963984540054) AS
  CASE WHEN n > 0 AND k IS NOT NULL THEN least(1, wilson_mid(k, n, z) + wilson_half(k, n, z)) END;

-- Two-sided exact McNemar test (binomial with p = 1/2) on the discordant pairs: b lost, c won.
CREATE OR REPLACE MACRO log_choose(n, k) AS lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
CREATE OR REPLACE MACRO mcnemar_p(b, c) AS CASE WHEN b + c = 0 THEN 1.0 WHEN b + c > 0 THEN
  least(1.0, 2 * list_sum(list_transform(
    range(0, least(b, c) + 1), lambda i: exp(log_choose(b + c, i) - (b + c) * ln(2))))) END;
