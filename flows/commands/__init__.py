"""One module a command, each with `configure(parser)` and `execute(arguments) -> exit code`."""

COMMANDS: dict[str, str] = {
    "run": "run a suite: generate, score and land every (model, dataset, language)",
    "resume": "continue a run that was interrupted, without repeating a finished completion",
    "plan": "show shards, requests, tokens, cost and time of a suite; starts nothing",
    "rescore": "score the stored completions of a run again; generates nothing",
    "rejudge": "have judges read the stored answers of a run; generates nothing",
    "calibrate": "hold a judge against labels, language by language",
    "label": "make a blinded sheet of a run's answers for annotators, and read it back",
    "judges": "list, show or check rubrics and the judges of suites",
    "score": "score answers from a JSONL file or standard input; touches no warehouse",
    "report": "write a run as one HTML page; --index: the front page of all runs",
    "serve": "show the front page and the reports on loopback, read-only",
    "sql": "ask the warehouse: a query, a file, or a named query",
    "datasets": "list, show or check data sets",
    "models": "list, show or check the models of suites",
    "suites": "list, show or check suites",
    "import": "land recorded answers from a file as a run",
    "gate": "decide whether a run's models may ship: GO, NO-GO or INCONCLUSIVE",
    "compare": "models head to head by language, and which to use where",
    "trend": "watch nightly series with a stated rate of false alarms",
    "tag": "give a run a name that gates compare with, such as production",
    "import-log": "land the answers and scores of a log of lm-eval or Inspect as a run",
    "export": "write views or a whole run as Parquet, CSV or a Hugging Face data set",
    "warehouse": "rebuild, publish, compact, age-out or check the files that results live in",
    "selftest": "recompute known results to prove the scorers",
}
"""Command → its help line."""
