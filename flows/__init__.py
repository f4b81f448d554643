"""Prefect flows, the command line, suites and policies."""
