-- Which run of which model carries a tag now.
SELECT run_id, model_id FROM baselines WHERE baseline = $tag ORDER BY model_id
