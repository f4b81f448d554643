-- How a mixture's tokens spread over its experts. A layer sends each token to several: tokens counts every one of these.
CREATE OR REPLACE VIEW v_expert_load AS
SELECT run_id, model_id, dataset_id, lang, layer, expert, tokens, answers,
       safe_div(tokens, sum(tokens) OVER (PARTITION BY run_id, model_id, dataset_id, lang, layer)) AS share
FROM expert_loads;

-- One row per layer. effective_experts: how many equally used ones would be as even (exp of the entropy). js_to_english:
-- the Jensen-Shannon divergence (Lin 1991, base 2) from the same layer's load in English, 0 the same, 1 no expert shared;
-- js_by_chance: what two samples of one and the same load would be apart if their tokens were independent.
CREATE OR REPLACE VIEW v_expert_balance AS
WITH spread AS (
  SELECT run_id, model_id, dataset_id, lang, layer, any_value(answers) AS answers, sum(tokens)::BIGINT AS tokens,
         count(*) AS used_experts, exp(-sum(share * ln(share))) AS effective_experts,
         arg_max(expert, share) AS top_expert, max(share) AS top_share
  FROM v_expert_load GROUP BY ALL),
english AS (FROM v_expert_load WHERE lang = 'en'),
apart AS (
  -- Half of what English alone used is added as a whole: 1 less what both used.
  SELECT a.run_id, a.model_id, a.dataset_id, a.lang, a.layer,
         0.5 * (1 - coalesce(sum(e.share), 0)) + 0.5 * sum(
           a.share * log2(2 * a.share / (a.share + coalesce(e.share, 0)))
           + coalesce(e.share * log2(2 * e.share / (a.share + e.share)), 0)) AS js
  FROM v_expert_load a
  LEFT JOIN english e USING (run_id, model_id, dataset_id, layer, expert)
  GROUP BY ALL)
SELECT s.*, CASE WHEN s.lang = 'en' THEN 0.0 WHEN e.lang IS NOT NULL THEN greatest(0, least(1, a.js)) END
         AS js_to_english,
       CASE WHEN s.lang <> 'en'
            THEN (greatest(s.used_experts, e.used_experts) - 1) * (1.0 / s.tokens + 1.0 / e.tokens) / (8 * ln(2)) END
         AS js_by_chance
FROM spread s
JOIN apart a USING (run_id, model_id, dataset_id, lang, layer)
LEFT JOIN spread e ON e.lang = 'en' AND e.run_id = s.run_id AND e.model_id = s.model_id
                  AND e.dataset_id = s.dataset_id AND e.layer = s.layer;
