-- Which yes/no metrics of correctness each data set of a run has.
SELECT DISTINCT dataset_id, metric FROM v_metrics
WHERE run_id = $run AND model_id = $model AND is_binary AND direction = 'higher_better'
