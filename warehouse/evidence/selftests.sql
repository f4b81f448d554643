-- The run's self-test, check by check.
SELECT check_name, state, coalesce(detail, '') FROM selftests WHERE run_id = $run ORDER BY check_name
