-- Answers that leave their language, at most two per language and model, spread over the languages.
SELECT model_id, lang, dataset_id, item_id, status, text, detail
FROM v_failures
WHERE run_id = $run AND metric = 'code_switch' AND value >= 0.5 AND detail IS NOT NULL AND repeat_ix = 0
QUALIFY row_number() OVER (PARTITION BY lang, model_id ORDER BY status <> 'ok', length(text), item_id) <= 2
ORDER BY row_number() OVER (PARTITION BY lang ORDER BY status <> 'ok', length(text), model_id, item_id), lang
LIMIT 30
