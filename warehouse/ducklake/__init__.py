"""The same parts in a DuckLake with a PostgreSQL catalogue, for many writers at once; runs in .venv-ducklake only.

DuckLake needs extensions that exist for DuckDB 1.5 and not yet for 2.0, hence the environment of its own that
scripts/ducklake-env builds. Nothing else of Babelgate imports this package.
"""
