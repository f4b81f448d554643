-- The languages of the run, as they are named and written.
SELECT lang, name, native_name, script, coalesce(rtl, false) AS rtl
FROM languages WHERE lang IN (SELECT lang FROM v_completeness WHERE run_id = $run)
ORDER BY lang <> 'en', lang
