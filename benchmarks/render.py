"""CPU time of one 640x480 view (colour, depth, instance ids) on one core.

Run: python benchmarks/render.py
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np

from embodied_mem.envs.house.demo_room import DEFAULT_INTRINSICS, furnished_room, walk
from embodied_mem.envs.house.mesh import Material, Mesh, Pattern, merge
from embodied_mem.envs.house.renderer import Renderer
from embodied_mem.envs.house.shapes import box, cylinder, quad, rounded_box, sphere
from embodied_mem.geometry import Transform, look_at

VIEW_COUNT = 60
REPEAT_COUNT = 3


def main() -> None:
    room = furnished_room(0).mesh
    hall = crowded_hall(60_000)
    around = np.linspace(0, 2 * np.pi, VIEW_COUNT, endpoint=False)
    turn = [look_at((0, 0, 1.4), (4 * np.cos(a), 4 * np.sin(a), 0.9)) for a in around]
    for name, mesh, poses in (("demo room", room, walk(VIEW_COUNT)), ("crowded hall", hall, turn)):
        first_s, per_view_ms = measure(mesh, poses)
        sys.stdout.write(
            f"{name}: {mesh.triangle_count} triangles, CPU ms per view: median "
            f"{np.median(per_view_ms):.2f}, 95th percentile {np.percentile(per_view_ms, 95):.2f}, "
            f"max {per_view_ms.max():.2f}; {1000 / per_view_ms.mean():.0f} views per second of one "
            f"core; first view {first_s:.2f} s\n"
        )


def measure(mesh: Mesh, poses: Sequence[Transform]) -> tuple[float, np.ndarray]:
    """Seconds of the first view (with compilation, if any) and CPU ms of each later one."""
    renderer = Renderer(mesh)
    begin = time.perf_counter()
    renderer.render(poses[0], DEFAULT_INTRINSICS)
    first_s = time.perf_counter() - begin
    samples = []
    for _ in range(REPEAT_COUNT):
        for pose in poses:
            start = time.process_time_ns()
            renderer.render(pose, DEFAULT_INTRINSICS)
            samples.append((time.process_time_ns() - start) * 1e-6)
    return first_s, np.array(samples)


def crowded_hall(triangle_count: int) -> Mesh:
    """An 8 x 8 m hall filled with patterned solids until it has `triangle_count` triangles."""
    rng = np.random.default_rng(0)
    corners = [(-4, -4), (4, -4), (4, 4), (-4, 4)]
    parts = [quad([(x, y, 0) for x, y in corners], Material((190, 152, 112), Pattern.PLANKS))]
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        wall = [(x0, y0, 0), (x1, y1, 0), (x1, y1, 2.6), (x0, y0, 2.6)]
        parts.append(quad(wall, Material((226, 212, 190))))
    total = sum(part.triangle_count for part in parts)
    while total < triangle_count:
        look = Material(tuple(rng.integers(60, 250, 3).tolist()), Pattern(int(rng.integers(8))))
        solid = [
            rounded_box(0.5, 0.4, 0.5, look, steps=6),
            sphere(0.25, look, segments=32).moved(0, 0, 0.25),
            cylinder(0.15, 0.8, look),
            box(0.3, 0.3, 0.6, look),
        ][int(rng.integers(4))]
        radius, angle = rng.uniform(1.0, 3.7), rng.uniform(0, 2 * np.pi)
        part = solid.turned(angle).moved(radius * np.cos(angle), radius * np.sin(angle))
        parts.append(part.with_instance(len(parts)))
        total += part.triangle_count
    return merge(parts)


if __name__ == "__main__":
    main()
