"""DuckDB warehouse: migrations, views, the loader and the locked query runner."""
