-- Which text each item had and with which messages it was asked; of repeats the first.
SELECT c.dataset_id, c.lang, p.item_id, c.sample_id, c.prompt_hash
FROM completions c JOIN samples p ON p.sample_id = c.sample_id
WHERE c.run_id = $run AND c.model_id = $model AND c.repeat_ix = 0
