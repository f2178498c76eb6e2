"""mypy over the package as it is imported: `envs` and `configs` appear inside `embodied_mem`.

mypy does not follow setuptools' package-dir mapping, so this checks a folder of links.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "embodied_mem"
        package.mkdir()
        for entry in (ROOT / "embodied_mem").iterdir():
            (package / entry.name).symlink_to(entry)
        for name in ("envs", "configs", "planners"):
            (package / name).symlink_to(ROOT / name)
        command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
        cache = ["--cache-dir", str(ROOT / ".mypy_cache")]
        return subprocess.run([*command, *cache, "-p", "embodied_mem"], cwd=folder).returncode


if __name__ == "__main__":
    sys.exit(main())
