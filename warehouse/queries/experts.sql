-- Which languages use a mixture's experts unevenly, or others than English? Means over layers; see v_expert_balance.
-- $run = null: the run; the newest when left out
SELECT model_id, dataset_id, lang, any_value(answers) AS answers, count(*) AS layers,
       avg(effective_experts) AS effective_experts, min(effective_experts) AS fewest_effective,
       max(top_share) AS top_share, avg(js_to_english) AS js_to_english, max(js_to_english) AS js_of_worst_layer,
       avg(js_by_chance) AS js_by_chance
FROM v_expert_balance WHERE run_id = $run
GROUP BY model_id, dataset_id, lang ORDER BY model_id, dataset_id, lang <> 'en', lang
