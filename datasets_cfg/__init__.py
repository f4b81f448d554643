"""Evaluation sets: one YAML each, and the strict model that reads them."""
