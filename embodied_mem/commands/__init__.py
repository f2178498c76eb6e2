"""What each `embodied-mem` subcommand does; `embodied_mem.cli` finds and runs them.

A command module has `add_parsers(subparsers)`; heavy imports happen inside the functions, so that
`embodied-mem info` starts in a fraction of a second.
"""
