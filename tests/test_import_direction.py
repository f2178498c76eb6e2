"""Imports point one way: what is below never knows what is above (docs/architecture.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (
    ("errors", "geometry", "core", "config", "jsonable", "number_words"),
    ("journal",),
    (
        "spatial",
        "perception",
        "entities",
        "graph",
        "episodic",
        "semantic",
        "views",
        "policies",
        "neural",
    ),
    ("recall",),
    ("intake", "memory"),
    ("agent", "planners"),
    ("asking", "evaluation", "ingest", "audit", "recording", "bench", "demo", "commands", "cli"),
)
"""Lowest first. A module sees its own layer and those below."""
BASE, TOP = LAYERS[0], LAYERS[-1]
OUTSIDE = ("envs", "configs")
"""Worlds and YAML files: they see the base alone, and the top alone sees the worlds."""
BESIDE = (*OUTSIDE, "planners")
"""Packages whose folders lie beside the package in the repository."""
OPTIONAL_PACKAGES = (
    "cyclonedds",
    "octomap",
    "onnxruntime",
    "open3d",
    "pyoctomap",
    "rclpy",
    "rerun",
    "rosbags",
    "torch",
    "transformers",
)


def source_files() -> list[tuple[str, Path]]:
    """(module name, file) of all that the wheel holds."""
    files = [("embodied_mem", ROOT / "embodied_mem")]
    files += [(f"embodied_mem.{name}", ROOT / name) for name in BESIDE]
    return [
        (".".join([package, *path.relative_to(folder).with_suffix("").parts]), path)
        for package, folder in files
        for path in sorted(folder.rglob("*.py"))
    ]


def imported_names(module: str, tree: ast.AST) -> Iterator[str]:
    """Absolute names of every import anywhere in a module."""
    package = module.split(".")[:-1]  # also right for __init__, whose name ends in it
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = [*base, *(node.module.split(".") if node.module else [])]
            yield from (".".join([*prefix, alias.name]) for alias in node.names)


def part_of(name: str) -> str | None:
    """'spatial' of 'embodied_mem.spatial.octree'; None for what is not ours or the package itself."""
    words = name.split(".")
    if words[0] != "embodied_mem" or len(words) < 2 or words[1].startswith("__"):
        return None
    return words[1]


def edges() -> set[tuple[str, str, str]]:
    """(importing module, its part, imported part)."""
    found = set()
    for module, path in source_files():
        part = part_of(module)
        for name in imported_names(module, ast.parse(path.read_text())):
            target = part_of(name)
            if part and target and target != part:
                found.add((module, part, target))
    return found


def level_of(part: str) -> int:
    return next(i for i, layer in enumerate(LAYERS) if part in layer)


def module_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run on import, without functions and `if TYPE_CHECKING`."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        for field in ("body", "orelse", "finalbody"):
            yield from module_level(getattr(node, field, []))
        for handler in getattr(node, "handlers", []):
            yield from module_level(handler.body)


def test_every_part_has_a_place() -> None:
    known = {name for layer in LAYERS for name in layer} | set(OUTSIDE)
    parts = {part_of(module) for module, _ in source_files()} - {None}
    assert parts <= known, "give new parts a layer in this file and in docs/architecture.md"


def test_imports_point_downwards() -> None:
    wrong = [
        f"{module} imports {target}"
        for module, part, target in sorted(edges())
        if part not in OUTSIDE and target not in OUTSIDE and level_of(target) > level_of(part)
    ]
    assert not wrong


def test_worlds_see_the_base_alone_and_only_the_top_sees_worlds() -> None:
    wrong = [
        f"{module} imports {target}"
        for module, part, target in sorted(edges())
        if (part in OUTSIDE and target not in (*BASE, *OUTSIDE))
        or (target == "envs" and part not in (*TOP, *OUTSIDE))
    ]
    assert not wrong


def test_parts_of_one_layer_do_not_import_each_other_in_a_circle() -> None:
    pairs = {(part, target) for _, part, target in edges()}
    reached = {part: {target for source, target in pairs if source == part} for part, _ in pairs}
    for _ in reached:
        for part, targets in reached.items():
            reached[part] = targets.union(*(reached.get(target, set()) for target in targets))
    assert [part for part, targets in reached.items() if part in targets] == []


BEHIND_A_BORDER = {"rerun": "embodied_mem.recording."}
"""Modules that are about an optional package, reached through a border that checks for it first."""
BORDERS = (
    "embodied_mem.recording.replay",
    "embodied_mem.recording.viewer",
    "embodied_mem.recording.screenshot",
)


@pytest.mark.parametrize("package", OPTIONAL_PACKAGES)
def test_an_optional_package_is_imported_where_it_is_used(package: str) -> None:
    wrong = []
    inside = BEHIND_A_BORDER.get(package)
    for module, path in source_files():
        if inside and module.startswith(inside) and module not in BORDERS:
            continue
        for node in module_level(ast.parse(path.read_text()).body):
            names = (
                imported_names(module, node)
                if isinstance(node, ast.Import | ast.ImportFrom)
                else ()
            )
            wrong += [module for name in names if name.split(".")[0] == package]
    assert not wrong, f"move the import of '{package}' into the function that needs it"


def test_kernels_depend_on_numpy_and_numba_alone() -> None:
    for path in sorted((ROOT / "embodied_mem" / "spatial" / "kernels").glob("*.py")):
        module = f"embodied_mem.spatial.kernels.{path.stem}"
        for name in imported_names(module, ast.parse(path.read_text())):
            assert name.startswith(
                ("__future__", "math", "typing", "numpy", "numba", "embodied_mem.spatial.kernels")
            ), f"{module} imports {name}"
