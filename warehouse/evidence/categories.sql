-- The categories of a model's items.
SELECT DISTINCT p.category FROM completions c JOIN samples p ON p.sample_id = c.sample_id
WHERE c.run_id = $run AND c.model_id = $model AND p.category IS NOT NULL ORDER BY 1
