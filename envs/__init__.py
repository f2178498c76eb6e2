"""Worlds: recorded ones (`recordings`), a simulated house (`house`) and adapters to simulators.

The folder lies beside the package in the repository; it is imported as `embodied_mem.envs` only.
"""

if __name__ != "embodied_mem.envs":
    raise ImportError(
        f"this folder is the package 'embodied_mem.envs', but it is imported as '{__name__}'; "
        "install the repository (pip install -e .) and import embodied_mem.envs"
    )
