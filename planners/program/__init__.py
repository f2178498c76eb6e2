"""A planner without a model: reads an instruction into a small query and runs it on a memory.

`reader` turns English into a `Program` (`program`), `interpreter` runs it on what memory knows (`scene`),
`view_choice` finds the recorded pose from which each target is reached, `planner` is the whole way.
"""
