-- How evenly a mixture's experts were used, and how far from English, per model, data set and language.
SELECT model_id, dataset_id, lang, any_value(answers) AS answers, count(*) AS layers,
       avg(effective_experts) AS effective_experts, min(effective_experts) AS fewest_effective,
       max(top_share) AS top_share, avg(js_to_english) AS js_to_english, max(js_to_english) AS js_of_worst_layer,
       avg(js_by_chance) AS js_by_chance
FROM v_expert_balance WHERE run_id = $run
GROUP BY model_id, dataset_id, lang ORDER BY model_id, dataset_id, lang <> 'en', lang
