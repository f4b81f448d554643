-- How a judge stands against labels in a language: its latest calibration.
SELECT state, reason, true_positives, false_positives, false_negatives, true_negatives FROM v_calibrations
WHERE judge_model = $judge AND judge_fingerprint IS NOT DISTINCT FROM $fingerprint AND rubric = $rubric
  AND rubric_version = $version AND lang = $lang
