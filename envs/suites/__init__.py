"""Suites: tasks posed on worlds, with their goals, judges and scores. `findingdory` is the first."""
