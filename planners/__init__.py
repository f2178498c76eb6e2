"""Planners and the executor: what turns goals into actions, from observations and memory alone.

The folder lies beside the package in the repository; it is imported as `embodied_mem.planners` only.
"""

if __name__ != "embodied_mem.planners":
    raise ImportError(
        f"this folder is the package 'embodied_mem.planners', but it is imported as '{__name__}'; "
        "install the repository (pip install -e .) and import embodied_mem.planners"
    )
