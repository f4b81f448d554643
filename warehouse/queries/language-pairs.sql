-- Between which languages do a model's answers to the same item differ?
-- $run = null: the run; the newest when left out
-- $metric = exact_match: a binary metric
SELECT model_id, dataset_id, lang_a, lang_b, items, both_right, only_a, only_b, neither, agreement, same_answer
FROM v_language_pairs WHERE run_id = $run AND metric = $metric ORDER BY agreement, lang_a, lang_b
