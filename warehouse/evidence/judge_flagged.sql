-- Which answers of a run any judge flagged under a rubric.
SELECT c.completion_key, max(v.value) = 1
FROM v_verdicts v
JOIN completions c ON c.run_id = v.run_id AND c.completion_id = v.completion_id
WHERE v.run_id = $run AND v.rubric = $rubric AND v.value IS NOT NULL AND c.completion_key IS NOT NULL
GROUP BY ALL
