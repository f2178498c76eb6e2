"""Recall: typed, read-only queries whose answers carry evidence and a verdict."""
