-- Corrected rates of a judge, as tasks/stats/judged.py computes them; a test holds both to the same numbers.
CREATE OR REPLACE MACRO to_share(x) AS CASE WHEN x IS NOT NULL THEN greatest(0, least(1, x)) END;

-- PPI++ (Angelopoulos et al. 2023) from sums over 0/1 columns. Labelled verdicts: n of them, w = sum of the weights,
-- w2 of their squares, y and f of weight times label and verdict, yf of both, y2 f2 yf2 the same with squared weights.
-- The judge alone: m verdicts, v v2 of weights, g g2 of weight times verdict.
CREATE OR REPLACE MACRO ppi_lambda(n, w, w2, y, f, yf, m, v, v2, g) AS CASE WHEN n < 2 OR m < 2 THEN 0.0 ELSE coalesce(
  to_share(safe_div(
    n * (yf / w - y / w * f / w) / (n - w2 * n / w / w) / (1 + n / m),
    (n + m) * ((f * n / w + g * m / v) / (n + m)) * (1 - (f * n / w + g * m / v) / (n + m))
      / ((n + m) - (w2 * (n / w) ** 2 + v2 * (m / v) ** 2) / (n + m)))), 0.0) END;
CREATE OR REPLACE MACRO ppi_value(lam, w, y, f, v, g) AS (y - lam * f) / w + CASE WHEN lam > 0 THEN lam * g / v ELSE 0 END;
-- Linearised variance of a weighted mean: a, b, c are the sums of weight² times x², times x, and alone.
CREATE OR REPLACE MACRO ratio_variance(n, mean, a, b, c, w) AS
  greatest(0.0, a - 2 * mean * b + mean * mean * c) / (w * w) * n / (n - 1);
CREATE OR REPLACE MACRO ppi_se(lam, n, w, w2, y, f, y2, f2, yf2, apart, m, v, v2, g, g2) AS sqrt(
  ratio_variance(n, (y - lam * f) / w, y2 - 2 * lam * yf2 + lam * lam * f2, y2 - lam * f2, w2, w)
  + CASE WHEN lam > 0 THEN lam * lam * ratio_variance(m, g / v, g2, g2, v2, v) ELSE 0 END
  + CASE WHEN lam > 0 AND apart = 0 THEN lam * lam * (1 - 1 / n) / (n * n) ELSE 0 END);

-- Rogan & Gladen 1978: the true rate behind share p, where the judge has this sensitivity and specificity.
CREATE OR REPLACE MACRO youden(tp, fn, tn, fp) AS safe_div(tp, tp + fn) + safe_div(tn, tn + fp) - 1;
CREATE OR REPLACE MACRO rogan_value(p, se, sp) AS safe_div(p + sp - 1, se + sp - 1);
CREATE OR REPLACE MACRO rogan_error(p, n, se, n_se, sp, n_sp) AS sqrt(
  p * (1 - p) / n + rogan_value(p, se, sp) ** 2 * se * (1 - se) / n_se
  + (1 - rogan_value(p, se, sp)) ** 2 * sp * (1 - sp) / n_sp) / abs(se + sp - 1);
-- Lang & Reiczigel 2014: the end of the interval on one side (z negative: the lower one).
CREATE OR REPLACE MACRO lang_reiczigel(p, n, se, n_se, sp, n_sp, z) AS
  rogan_value(p, se, sp) + 2 * z * z * (rogan_value(p, se, sp) * se * (1 - se) / n_se
    - (1 - rogan_value(p, se, sp)) * sp * (1 - sp) / n_sp)
  + z * rogan_error(p, n, se, n_se, sp, n_sp);
CREATE OR REPLACE MACRO rogan_end(hits, n, tp, fn, tn, fp, z) AS lang_reiczigel(
  (hits + z * z / 2) / (n + z * z), n + z * z, (tp + 1) / (tp + fn + 2), tp + fn + 2,
  (tn + 1) / (tn + fp + 2), tn + fp + 2, z);
