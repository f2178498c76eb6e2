"""Compiled (numba) kernels: single-threaded, without the GIL, cached on disk.

Kernels take plain arrays or the named tuples of `blocks.py` and never allocate storage: one that runs
out of room returns how far it came, and its Python caller grows the arrays and calls again.

Trap for developers: numba's cache notices a changed file, not a changed callee in another file. After
an edit in `blocks.py` run `make clean-kernels`.
"""
