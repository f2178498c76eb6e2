"""Evaluations: episodes, memories and planners in; results, intervals and a report out."""
