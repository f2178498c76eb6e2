"""A wheel holds the package `embodied_mem` whole, and nothing beside it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAPPED = {"embodied_mem": "", "envs": "envs", "configs": "configs", "planners": "planners"}
"""Root folders and where they lie inside the package."""
IGNORED = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "*.db")


def setuptools_version() -> tuple[int, ...]:
    try:
        version = importlib.metadata.version("setuptools")
    except importlib.metadata.PackageNotFoundError:
        return (0,)
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Paths inside a wheel that is built from a clean copy of the tree."""
    if setuptools_version() < (77,):
        found = ".".join(map(str, setuptools_version()))
        pytest.skip(
            f"needs setuptools>=77, as pyproject.toml says, found {found}: pip install -e .[dev]"
        )
    if importlib.util.find_spec("pip") is None:
        pytest.skip("needs pip: python -m ensurepip")
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "tree"
    copy.mkdir()
    for name in (*MAPPED, "pyproject.toml", "README.md", "LICENSE"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=IGNORED)
        elif source.exists():
            shutil.copy(source, copy / name)
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation"]
    built = subprocess.run(
        [*command, "-w", str(folder)], cwd=copy, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr[-3000:]
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def expected(pattern: str) -> set[str]:
    """Where every matching source file must lie in the wheel."""
    return {
        "/".join(
            ["embodied_mem", *inner.split("/"), *path.relative_to(ROOT / folder).parts]
        ).replace("//", "/")
        for folder, inner in MAPPED.items()
        for path in (ROOT / folder).rglob(pattern)
        if "__pycache__" not in path.parts
    }


def test_its_top_level_is_the_package_and_its_metadata(wheel_names: set[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"embodied_mem"}
    assert len(tops) == 2


def test_it_holds_every_python_file(wheel_names: set[str]) -> None:
    assert expected("*.py") - wheel_names == set(), "add the folder to [tool.setuptools] packages"


def test_it_holds_every_yaml_file_and_the_typing_marker(wheel_names: set[str]) -> None:
    data = expected("*.yaml") | expected("*.json")
    assert data - wheel_names == set(), "add it to [tool.setuptools.package-data]"
    assert "embodied_mem/py.typed" in wheel_names


def test_it_holds_no_leftovers(wheel_names: set[str]) -> None:
    files = {name for name in wheel_names if not name.split("/")[0].endswith(".dist-info")}
    allowed = expected("*.py") | expected("*.yaml") | expected("*.json") | expected("py.typed")
    assert files - allowed == set()
