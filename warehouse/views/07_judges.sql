-- Current verdicts: of several batches of a shard, judge and rubric the latest counts.
CREATE OR REPLACE VIEW v_verdicts AS
SELECT v.* EXCLUDE (batch)
FROM verdicts v
JOIN batches b ON b.kind = 'verdicts' AND b.is_current AND b.run_id = v.run_id AND b.shard_id = v.shard_id
              AND b.series = concat_ws('/', v.judge_model, v.rubric) AND b.batch = v.batch;

-- The latest calibration of a judge, rubric version and language.
CREATE OR REPLACE VIEW v_calibrations AS
SELECT * EXCLUDE (run_id, shard_id, batch)
FROM calibrations
QUALIFY row_number() OVER (
  PARTITION BY judge_model, judge_fingerprint, rubric, rubric_version, lang ORDER BY made_at DESC) = 1;

-- What a judge says and what people said of the same answers: sums for PPI++, ties left out as neither yes nor no.
-- Where the labels were not drawn evenly the labelled verdicts count among the judge's own too: those left over are no
-- fair sample then.
CREATE OR REPLACE VIEW v_judge_labels AS
WITH pairs AS (
  SELECT v.run_id, v.model_id, v.lang, v.dataset_id, v.judge_model, v.judge_fingerprint, v.rubric, v.rubric_version,
         v.value AS f, v.weight AS v, l.value AS y, l.weight * v.weight AS w,
         min(l.weight) OVER cell < max(l.weight) OVER cell AS uneven
  FROM v_verdicts v
  LEFT JOIN labels l ON l.run_id = v.run_id AND l.model_id = v.model_id AND l.lang = v.lang
                    AND l.dataset_id = v.dataset_id AND l.sample_id = v.sample_id AND l.repeat_ix = v.repeat_ix
                    AND l.rubric = v.rubric AND l.value IN (0, 1)
  WHERE v.status = 'valid' AND v.value IN (0, 1)
  WINDOW cell AS (PARTITION BY v.run_id, v.model_id, v.lang, v.dataset_id, v.judge_model, v.judge_fingerprint,
                               v.rubric, v.rubric_version))
SELECT run_id, model_id, lang, dataset_id, judge_model, judge_fingerprint, rubric, rubric_version,
       count(y) AS labelled, count(*) FILTER (y <> f) AS apart,
       sum(w) AS w, sum(w * w) AS w2, sum(w * y) AS wy, sum(w * f) FILTER (y IS NOT NULL) AS wf, sum(w * y * f) AS wyf,
       sum(w * w * y) AS w2y, sum(w * w * f) FILTER (y IS NOT NULL) AS w2f, sum(w * w * y * f) AS w2yf,
       count(*) FILTER (y IS NULL OR uneven) AS others, sum(v) FILTER (y IS NULL OR uneven) AS v,
       sum(v * v) FILTER (y IS NULL OR uneven) AS v2, sum(v * f) FILTER (y IS NULL OR uneven) AS vf,
       sum(v * v * f) FILTER (y IS NULL OR uneven) AS v2f
FROM pairs GROUP BY ALL HAVING count(y) > 0;

-- What judges found, and whether they may be believed there: a judge without a calibration is uncalibrated.
-- rate is what the judge says, weighted by how likely an answer was to be sent; its interval counts Kish's effective
-- sample size and knows nothing of the judge's errors. corrected does, and is there only where the judge is calibrated:
-- PPI++ by labels on answers of this run, else Rogan-Gladen by the calibration. Where both are there and their
-- intervals do not meet, there is no corrected rate.
CREATE OR REPLACE VIEW v_judge_rates AS
WITH rates AS (
  SELECT run_id, model_id, lang, dataset_id, judge_model, judge_fingerprint, rubric, rubric_version, count(*) AS judged,
         count(*) FILTER (status = 'valid') AS valid, count(*) FILTER (status = 'invalid') AS invalid,
         count(*) FILTER (status = 'cannot_judge') AS cannot_judge,
         count(*) FILTER (status = 'infra_error') AS errored,
         safe_div(sum(weight * value) FILTER (status = 'valid' AND value IS NOT NULL),
                  sum(weight) FILTER (status = 'valid' AND value IS NOT NULL)) AS rate,
         safe_div(sum(weight) FILTER (status = 'valid' AND value IS NOT NULL) ** 2,
                  sum(weight * weight) FILTER (status = 'valid' AND value IS NOT NULL)) AS effective_n,
         sum(cost_usd) AS cost_usd
  FROM v_verdicts GROUP BY ALL),
joined AS (
  SELECT r.*, c.* EXCLUDE (judge_model, judge_fingerprint, rubric, rubric_version, lang), l.* EXCLUDE (run_id,
           model_id, lang, dataset_id, judge_model, judge_fingerprint, rubric, rubric_version),
         round_even(r.effective_n, 0) AS whole_n, round_even(r.rate * round_even(r.effective_n, 0), 0) AS hits,
         round_even(c.true_positives, 0) AS tp, round_even(c.false_positives, 0) AS fp,
         round_even(c.false_negatives, 0) AS fn, round_even(c.true_negatives, 0) AS tn,
         ppi_lambda(l.labelled, l.w, l.w2, l.wy, l.wf, l.wyf, l.others, l.v, l.v2, l.vf) AS lam
  FROM rates r
  LEFT JOIN v_calibrations c ON c.judge_model = r.judge_model AND c.rubric = r.rubric
                            AND c.rubric_version = r.rubric_version AND c.lang = r.lang
                            AND c.judge_fingerprint IS NOT DISTINCT FROM r.judge_fingerprint
  LEFT JOIN v_judge_labels l ON l.run_id = r.run_id AND l.model_id = r.model_id AND l.lang = r.lang
                            AND l.dataset_id = r.dataset_id AND l.judge_model = r.judge_model
                            AND l.judge_fingerprint IS NOT DISTINCT FROM r.judge_fingerprint
                            AND l.rubric = r.rubric AND l.rubric_version = r.rubric_version),
both_ways AS (
  SELECT *,
         CASE WHEN labelled >= 2 THEN ppi_value(lam, w, wy, wf, v, vf) END AS by_labels,
         CASE WHEN labelled >= 2
              THEN ppi_se(lam, labelled, w, w2, wy, wf, w2y, w2f, w2yf, apart, others, v, v2, vf, v2f) END AS by_labels_se,
         CASE WHEN youden(tp, fn, tn, fp) >= 0.6 AND whole_n > 0
              THEN rogan_value(hits / whole_n, tp / (tp + fn), tn / (tn + fp)) END AS by_errors,
         rogan_end(hits, whole_n, tp, fn, tn, fp, -1.959963984540054) AS errors_lo,
         rogan_end(hits, whole_n, tp, fn, tn, fp, 1.959963984540054) AS errors_hi
  FROM joined),
cut AS (
  SELECT *, to_share(by_labels) AS ppi,
         CASE WHEN by_labels_se > 0 THEN to_share(by_labels - 1.959963984540054 * by_labels_se) END AS ppi_lo,
         CASE WHEN by_labels_se > 0 THEN to_share(by_labels + 1.959963984540054 * by_labels_se) END AS ppi_hi,
         to_share(by_errors) AS rogan_gladen,
         CASE WHEN by_errors IS NOT NULL THEN to_share(errors_lo) END AS rogan_gladen_lo,
         CASE WHEN by_errors IS NOT NULL THEN to_share(errors_hi) END AS rogan_gladen_hi
  FROM both_ways),
checked AS (
  SELECT *, coalesce(state = 'calibrated', false) AS usable,
         coalesce(ppi_lo > rogan_gladen_hi OR ppi_hi < rogan_gladen_lo, false) AS contradicted
  FROM cut)
SELECT run_id, model_id, lang, dataset_id, judge_model, rubric, rubric_version, judged, valid, invalid, cannot_judge,
       errored, rate, wilson_lo(rate * effective_n, effective_n) AS lo, wilson_hi(rate * effective_n, effective_n) AS hi,
       effective_n, coalesce(state, 'uncalibrated') AS calibration, usable, n AS calibration_n, "precision", recall,
       specificity, kappa, kappa_lo, kappa_hi, pabak, reason, cost_usd, coalesce(labelled, 0) AS labelled,
       ppi, ppi_lo, ppi_hi, rogan_gladen, rogan_gladen_lo, rogan_gladen_hi,
       CASE WHEN usable AND NOT contradicted THEN coalesce(ppi, rogan_gladen) END AS corrected,
       CASE WHEN usable AND NOT contradicted THEN CASE WHEN ppi IS NULL THEN rogan_gladen_lo ELSE ppi_lo END END
         AS corrected_lo,
       CASE WHEN usable AND NOT contradicted THEN CASE WHEN ppi IS NULL THEN rogan_gladen_hi ELSE ppi_hi END END
         AS corrected_hi,
       CASE WHEN NOT usable THEN 'uncalibrated' WHEN contradicted THEN 'PPI++ and Rogan-Gladen contradict each other'
            WHEN ppi IS NOT NULL THEN 'PPI++' WHEN rogan_gladen IS NOT NULL THEN 'Rogan-Gladen'
            ELSE 'sensitivity + specificity - 1 is below 0.6, and no answer of the run has a label' END AS correction
FROM checked;

-- The latest probe of each kind of a judge, rubric and language (null: over all languages).
CREATE OR REPLACE VIEW v_judge_probes AS
SELECT judge_model, judge_fingerprint, rubric, rubric_version, probe, lang, n, value, lo, hi, tolerance, state, reason,
       probed_at
FROM probes
QUALIFY row_number() OVER (
  PARTITION BY judge_model, judge_fingerprint, rubric, rubric_version, probe, lang ORDER BY probed_at DESC) = 1;

-- Refusals of plain questions beside matched controls (data sets of the kind 'refusal'). refused: the answer says so, by
-- the metric. filtered: the provider withheld the answer, in no rate. deflected: evasive or denying by a judge's word, as
-- the judge says it, weighted, not corrected. The interval of the difference is Newcombe's from two Wilson intervals.
CREATE OR REPLACE VIEW v_refusals AS
WITH answers AS (
  SELECT s.run_id, s.model_id, s.lang, s.dataset_id,
         count(s.value) FILTER (p.category = 'probe') AS probes, count(s.value) FILTER (p.category = 'control') AS controls,
         sum(s.value) FILTER (p.category = 'probe') AS probes_refused,
         sum(s.value) FILTER (p.category = 'control') AS controls_refused,
         count(*) FILTER (p.category = 'probe' AND c.status = 'filtered') AS probes_filtered,
         count(*) FILTER (p.category = 'control' AND c.status = 'filtered') AS controls_filtered
  FROM v_scores s
  JOIN samples p ON p.sample_id = s.sample_id
  JOIN completions c ON c.run_id = s.run_id AND c.shard_id = s.shard_id AND c.completion_id = s.completion_id
  WHERE s.metric = 'refusal' GROUP BY ALL),
judged AS (
  SELECT v.run_id, v.model_id, v.lang, v.dataset_id, v.judge_model,
         safe_div(sum(v.weight * v.value) FILTER (p.category = 'probe'), sum(v.weight) FILTER (p.category = 'probe'))
           AS probes_deflected_rate,
         safe_div(sum(v.weight * v.value) FILTER (p.category = 'control'), sum(v.weight) FILTER (p.category = 'control'))
           AS controls_deflected_rate
  FROM v_verdicts v JOIN samples p ON p.sample_id = v.sample_id
  WHERE v.rubric = 'refusal' AND v.status = 'valid' AND v.value IS NOT NULL GROUP BY ALL),
rated AS (
  SELECT *, safe_div(probes_refused, probes) AS rate, safe_div(controls_refused, controls) AS control_rate FROM answers)
SELECT r.run_id, r.model_id, r.lang, r.dataset_id, r.probes, r.probes_refused, r.probes_filtered, r.controls,
       r.controls_refused, r.controls_filtered, r.rate, r.control_rate, r.rate - r.control_rate AS difference,
       r.rate - r.control_rate - sqrt((r.rate - wilson_lo(r.probes_refused, r.probes)) ** 2
         + (wilson_hi(r.controls_refused, r.controls) - r.control_rate) ** 2) AS lo,
       r.rate - r.control_rate + sqrt((wilson_hi(r.probes_refused, r.probes) - r.rate) ** 2
         + (r.control_rate - wilson_lo(r.controls_refused, r.controls)) ** 2) AS hi,
       j.judge_model, j.probes_deflected_rate, j.controls_deflected_rate
FROM rated r
LEFT JOIN judged j ON j.run_id = r.run_id AND j.model_id = r.model_id AND j.lang = r.lang
                  AND j.dataset_id = r.dataset_id;
