-- The worst language of a model, over the data sets that hold the most languages (others cannot be compared).
CREATE OR REPLACE VIEW v_worst_language AS
WITH cells AS (
  SELECT *, count(*) OVER (PARTITION BY run_id, model_id, metric, dataset_id) AS dataset_langs FROM v_accuracy),
widest AS (
  SELECT * FROM cells
  QUALIFY dataset_langs = max(dataset_langs) OVER (PARTITION BY run_id, model_id, metric)),
macros AS (
  SELECT run_id, model_id, metric, lang, avg(mean) AS macro, count(*) AS datasets, sum(n)::BIGINT AS n
  FROM widest GROUP BY ALL),
ranked AS (
  SELECT *, max(macro) OVER model AS best, count(*) OVER model AS langs,
         count(*) FILTER (macro IS NULL) OVER model AS unscored_langs,
         rank() OVER (PARTITION BY run_id, model_id, metric ORDER BY macro NULLS LAST) AS place
  FROM macros WINDOW model AS (PARTITION BY run_id, model_id, metric))
SELECT run_id, model_id, metric, min(lang) AS worst_lang, any_value(macro) AS macro,
       any_value(best - macro) AS gap_to_best, string_agg(lang, ', ' ORDER BY lang) AS tied, any_value(langs) AS langs,
       any_value(unscored_langs) AS unscored_langs, any_value(datasets) AS datasets, min(n) AS n
FROM ranked WHERE place = 1 GROUP BY run_id, model_id, metric;

-- Every language beside English on the same data set. The interval of the gap is Newcombe's (1998, method 10),
-- from the two Wilson intervals; it takes the two samples as independent, so for parallel items it is wide, not narrow.
CREATE OR REPLACE VIEW v_languages AS
SELECT a.run_id, a.model_id, a.dataset_id, a.metric, a.lang, l.name AS language, a.n, a.scored, a.mean, a.lo, a.hi,
       e.mean AS english, e.mean - a.mean AS gap_to_english,
       e.mean - a.mean - sqrt((e.mean - e.lo) ** 2 + (a.hi - a.mean) ** 2) AS gap_lo,
       e.mean - a.mean + sqrt((e.hi - e.mean) ** 2 + (a.mean - a.lo) ** 2) AS gap_hi,
       CASE WHEN a.mean IS NOT NULL THEN rank() OVER (
         PARTITION BY a.run_id, a.model_id, a.dataset_id, a.metric ORDER BY a.mean DESC NULLS LAST) END AS place
FROM v_accuracy a
LEFT JOIN v_accuracy e ON e.run_id = a.run_id AND e.model_id = a.model_id AND e.dataset_id = a.dataset_id
                      AND e.metric = a.metric AND e.lang = 'en'
LEFT JOIN languages l ON l.lang = a.lang;

-- Does the model answer the same item equally well in every language? Only items scored in more than one count.
CREATE OR REPLACE VIEW v_consistency AS
SELECT run_id, model_id, dataset_id, metric, count(*) AS items, avg(all_ok::INT) AS all_languages_ok,
       avg((any_ok AND NOT all_ok)::INT) AS inconsistent, avg((NOT any_ok)::INT) AS no_language_ok,
       max(langs) AS langs, min(langs) AS fewest_langs
FROM (
  SELECT s.run_id, s.model_id, s.dataset_id, s.metric, p.parallel_id, bool_and(s.value >= 0.5) AS all_ok,
         bool_or(s.value >= 0.5) AS any_ok, count(DISTINCT s.lang) AS langs
  FROM v_sample_score s
  JOIN samples p ON p.sample_id = s.sample_id
  JOIN metrics m ON m.metric = s.metric AND m.is_binary AND m.direction = 'higher_better'
  WHERE s.value IS NOT NULL
  GROUP BY ALL HAVING count(DISTINCT s.lang) > 1)
GROUP BY ALL;

-- Every pair of languages on their shared items: who is right where, and whether the answer is the same one.
CREATE OR REPLACE VIEW v_language_pairs AS
WITH answers AS (
  SELECT s.run_id, s.model_id, s.dataset_id, s.metric, p.parallel_id, s.lang, s.value >= 0.5 AS ok, e.parallel_value
  FROM v_scores s
  JOIN samples p ON p.sample_id = s.sample_id
  LEFT JOIN v_extractions e ON e.run_id = s.run_id AND e.shard_id = s.shard_id AND e.completion_id = s.completion_id
  WHERE s.is_binary AND s.direction = 'higher_better' AND s.repeat_ix = 0 AND s.value IS NOT NULL)
SELECT a.run_id, a.model_id, a.dataset_id, a.metric, a.lang AS lang_a, b.lang AS lang_b, count(*) AS items,
       count(*) FILTER (a.ok AND b.ok) AS both_right, count(*) FILTER (a.ok AND NOT b.ok) AS only_a,
       count(*) FILTER (b.ok AND NOT a.ok) AS only_b, count(*) FILTER (NOT a.ok AND NOT b.ok) AS neither,
       avg((a.ok = b.ok)::INT) AS agreement,
       count(*) FILTER (a.parallel_value IS NOT NULL AND b.parallel_value IS NOT NULL) AS comparable,
       avg((a.parallel_value = b.parallel_value)::INT) AS same_answer
FROM answers a
JOIN answers b ON b.run_id = a.run_id AND b.model_id = a.model_id AND b.dataset_id = a.dataset_id
              AND b.metric = a.metric AND b.parallel_id = a.parallel_id AND b.lang > a.lang
GROUP BY ALL;

-- Does the model answer in the language it was asked in? The rates count only what could be checked.
CREATE OR REPLACE VIEW v_fidelity AS
SELECT run_id, model_id, lang, dataset_id,
       max(n) AS n, max(scored) FILTER (metric = 'wrong_language') AS checked,
       max(mean) FILTER (metric = 'wrong_language') AS wrong_language,
       max(lo) FILTER (metric = 'wrong_language') AS wrong_language_lo,
       max(hi) FILTER (metric = 'wrong_language') AS wrong_language_hi,
       max(mean) FILTER (metric = 'code_switch') AS code_switch,
       max(lo) FILTER (metric = 'code_switch') AS code_switch_lo,
       max(hi) FILTER (metric = 'code_switch') AS code_switch_hi,
       max(mean) FILTER (metric = 'switched_char_share') AS switched_char_share,
       max(mean) FILTER (metric = 'intrusions') AS intrusions
FROM v_metrics WHERE metric IN ('wrong_language', 'code_switch', 'switched_char_share', 'intrusions') GROUP BY ALL;
