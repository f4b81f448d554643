-- How far each language is from English on the same data set, with Newcombe's interval.
SELECT v.dataset_id, v.metric, v.model_id, v.lang, v.n, v.mean, v.english, v.gap_to_english AS gap, v.gap_lo, v.gap_hi,
       v.place
FROM v_languages v
JOIN datasets d ON d.run_id = v.run_id AND d.dataset_id = v.dataset_id AND d.primary_metric = v.metric
WHERE v.run_id = $run AND v.lang <> 'en' AND v.gap_to_english IS NOT NULL
ORDER BY v.dataset_id, v.model_id, v.gap_to_english DESC, v.lang
