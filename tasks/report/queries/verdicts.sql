-- What judges said about answers of the run, for those that are shown.
SELECT completion_id::VARCHAR AS completion_id, judge_model, rubric, status, verdict, value, evidence
FROM v_verdicts
WHERE run_id = $run AND list_contains($shown, completion_id::VARCHAR) ORDER BY completion_id, rubric, judge_model
