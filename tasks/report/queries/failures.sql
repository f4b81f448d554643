-- Answers to read, some of every cell: those that a metric calls bad. One that a metric could not measure is not bad.
WITH bad AS (
  SELECT * FROM v_failures WHERE run_id = $run AND (value IS NOT NULL OR status <> 'ok')),
answers AS (
  SELECT completion_id::VARCHAR AS completion_id, model_id, lang, dataset_id, item_id, repeat_ix, status,
         any_value(messages) AS messages, any_value(prompt) AS question, any_value(context) AS context,
         any_value(thinking) AS thinking, any_value(text) AS text, any_value(gold) AS gold,
         any_value(extraction) AS extraction, any_value(extracted) AS extracted, any_value(method) AS method,
         any_value(span_start) AS span_start, any_value(span_end) AS span_end, any_value(error) AS error,
         any_value(detail) FILTER (metric = 'code_switch') AS switches,
         list({'metric': metric, 'value': value, 'reason': reason} ORDER BY metric) AS scores
  FROM bad GROUP BY ALL)
SELECT * FROM answers
QUALIFY row_number() OVER (PARTITION BY model_id, lang, dataset_id ORDER BY hash(completion_id)) <= $per_cell
ORDER BY hash(completion_id)
