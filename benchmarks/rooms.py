"""How well rooms are found: mean IoU with the true rooms of generated houses, from the octree alone.

Run: python benchmarks/rooms.py [--seeds 100 110] [--camera head|level] [--draw FOLDER]
Tuned on seeds 0-9; report others. A camera drives to two spots in every room of a house along shortest
paths and turns around there; every few frames go into the octree. The score of a true room is its
best IoU with a found room, over the cells of the floor that were seen free.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from embodied_mem.bench.memory.rooms import room_ious
from embodied_mem.envs.house.generate import generate_house
from embodied_mem.envs.house.navigation import NavigationMap
from embodied_mem.envs.house.noise import DEPTH_NOISE, LEVELS, POSE_NOISE, stream
from embodied_mem.envs.house.noise_depth import with_depth_noise
from embodied_mem.envs.house.noise_pose import PoseEstimator
from embodied_mem.envs.house.renderer import Renderer
from embodied_mem.envs.house.scene import house_scene
from embodied_mem.envs.house.sensors import HEAD_CAMERA, WIDE_CAMERA, CameraSpec, quantised
from embodied_mem.envs.house.world import House
from embodied_mem.graph.regions import RegionPartition
from embodied_mem.graph.rooms import partition_rooms
from embodied_mem.spatial.octree import OccupancyOctree

CAMERAS: dict[str, CameraSpec] = {
    "head": HEAD_CAMERA.resized(240, 320),
    "level": replace(WIDE_CAMERA, width_px=320, height_px=240),
}
STEP_M, TURN_RAD, SPOTS_PER_ROOM = 0.25, np.deg2rad(30.0), 2
FRAME_STRIDE = 2
Base = tuple[float, float, float]


@dataclass(frozen=True)
class HouseScore:
    """What came out for one house."""

    seed: int
    true_room_count: int
    found_room_count: int
    true_door_count: int
    found_door_count: int
    matched_door_count: int
    """True doors with a found one within 0.5 m."""
    door_width_error_m: float
    ious: tuple[float, ...]
    partition_ms: float


def drive(house: House, rng: np.random.Generator) -> Iterator[Base]:
    """Bases of a robot that visits all rooms: legs of `STEP_M`, turns of `TURN_RAD`, full turns."""
    navigation = NavigationMap(house)
    x, y, yaw = house.start
    yield x, y, yaw
    for goal in _spots(house, navigation, rng):
        for corner in navigation.shortest_path((x, y), goal)[1:]:
            heading = float(np.arctan2(corner[1] - y, corner[0] - x))
            for turned in _turn(yaw, heading):
                yield x, y, turned
            yaw = heading
            length = float(np.hypot(corner[0] - x, corner[1] - y))
            for share in np.arange(STEP_M, length, STEP_M) / max(length, 1e-9):
                yield x + share * (corner[0] - x), y + share * (corner[1] - y), yaw
            x, y = corner
            yield x, y, yaw
        for turn in np.arange(0, 2 * np.pi, TURN_RAD):
            yield x, y, yaw + float(turn)


def _turn(start: float, end: float) -> list[float]:
    delta = (end - start + np.pi) % (2 * np.pi) - np.pi
    count = int(np.ceil(abs(delta) / TURN_RAD))
    return [start + delta * k / count for k in range(1, count + 1)] if count else []


def _spots(
    house: House, navigation: NavigationMap, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Two random reachable spots in every room, rooms in a nearest-first tour."""
    points = navigation.reachable_points()
    spots: dict[str, list[tuple[float, float]]] = {}
    for room in house.rooms:
        is_in = np.zeros(len(points), bool)
        for x0, y0, x1, y1 in room.rectangles:
            is_in |= ((points > (x0, y0)) & (points < (x1, y1))).all(axis=1)
        chosen = points[is_in][rng.integers(is_in.sum(), size=SPOTS_PER_ROOM)]
        spots[room.room_id] = [(float(x), float(y)) for x, y in chosen]
    here, tour = house.start[:2], []
    while spots:
        near = min(spots, key=lambda name: navigation.geodesic_m(here, spots[name][0]))
        tour += spots.pop(near)
        here = tour[-1]
    return tour


def build_octree(
    house: House, camera: CameraSpec, seed: int, *, noise: str = "off", share: float = 1.0
) -> OccupancyOctree:
    """The map of the first `share` of the drive; with noise, from poses after all loop closures."""
    renderer = Renderer(house_scene(house).mesh)
    octree = OccupancyOctree(0.05)
    bases = list(drive(house, np.random.default_rng(seed)))
    bases = bases[: max(1, round(share * len(bases)))]
    estimates = estimated(bases, seed, noise)
    for step in range(0, len(bases), FRAME_STRIDE):
        view = renderer.render(camera.world_from_camera(bases[step]), camera.intrinsics)
        depth_m = with_depth_noise(view.depth_m, DEPTH_NOISE[noise], stream(seed, "depth", step))
        pose = camera.world_from_camera(estimates[step])
        octree.integrate_depth(quantised(depth_m), camera.intrinsics, pose)
    return octree


def estimated(bases: list[Base], seed: int, noise: str) -> list[Base]:
    """What the robot thinks where it was, in the end."""
    estimator = PoseEstimator(POSE_NOISE[noise], seed)
    estimator.begin(bases[0], 0)
    found = [bases[0]]
    for step, base in enumerate(bases[1:], start=1):
        corrections = estimator.follow(base, step)
        found.append(estimator.estimate)
        for correction in corrections:
            found[correction.step] = correction.base_in_world
    return found


def score(
    house: House, octree: OccupancyOctree, partition: RegionPartition, ms: float
) -> HouseScore:
    """Compare over the cells that a robot's ground map holds free."""
    ious = room_ious(house, octree, partition)
    doors = np.array([d.position_in_world[:2] for d in partition.doors]).reshape(-1, 2)
    errors = []
    for door in house.doors:
        gap = np.hypot(*(doors - door.center).T) if len(doors) else np.array([np.inf])
        if gap.min() < 0.5:
            width = partition.doors[int(gap.argmin())].width_m
            errors.append(abs(width - door.width_m))
    return HouseScore(
        house.seed, len(house.rooms), len(partition.rooms), len(house.doors), len(partition.doors),
        len(errors), float(np.mean(errors)) if errors else np.nan, tuple(ious), ms,
    )  # fmt: skip


def draw(house: House, partition: RegionPartition, path: Path) -> None:
    """Rooms in colours, doors as circles, true walls as lines; 12 px a cell metre, y up."""
    grid = partition.storeys[0]
    colors = np.random.default_rng(3).integers(70, 256, (len(partition.rooms) + 1, 3), np.uint8)
    colors[-1] = 0
    image = colors[grid.labels].transpose(1, 0, 2)[::-1].copy()
    image[(grid.is_wall.T)[::-1]] = (255, 255, 255)
    image = cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    scale = 4 / grid.cell_m

    def pixel(x: float, y: float) -> tuple[int, int]:
        return (
            round((x - grid.origin_m[0]) * scale),
            round(image.shape[0] - (y - grid.origin_m[1]) * scale),
        )

    for room in house.rooms:
        for x0, y0, x1, y1 in room.rectangles:
            cv2.rectangle(image, pixel(x0, y0), pixel(x1, y1), (0, 0, 255), 1)
    for door in partition.doors:
        x, y, _ = door.position_in_world
        cv2.circle(image, pixel(x, y), round(door.width_m / 2 * scale), (0, 255, 255), 2)
    for found in partition.rooms:
        text = f"{found.room_id} {found.area_m2:.1f}"
        at = pixel(*found.centroid_in_world[:2])
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 3)
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
    cv2.imwrite(str(path), image)


def measure(
    seed: int, camera_name: str, folder: Path | None, *, noise: str, share: float
) -> HouseScore:
    """Drive through one house and score its partition."""
    house = generate_house(seed)
    octree = build_octree(house, CAMERAS[camera_name], seed, noise=noise, share=share)
    partition_rooms(octree)
    start = time.process_time()
    partition = partition_rooms(octree)
    ms = (time.process_time() - start) * 1e3
    if folder is not None:
        draw(house, partition, folder / f"rooms_{camera_name}_{seed}.png")
    return score(house, octree, partition, ms)


def line_of(result: HouseScore) -> str:
    """One line a house."""
    worst = " ".join(f"{v:.2f}" for v in sorted(result.ious)[:4])
    return (
        f"seed {result.seed:4d}: iou {np.mean(result.ious):.3f} (worst {worst}), rooms "
        f"{result.found_room_count}/{result.true_room_count}, doors "
        f"{result.matched_door_count}/{result.true_door_count} of {result.found_door_count} found, "
        f"width off by {result.door_width_error_m:.3f} m, {result.partition_ms:.1f} ms\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs=2, type=int, default=(100, 110), metavar=("FIRST", "END"))
    parser.add_argument("--camera", choices=(*CAMERAS, "both"), default="both")
    parser.add_argument("--noise", choices=LEVELS, default="off")
    parser.add_argument("--share", type=float, default=1.0, help="of the drive")
    parser.add_argument("--draw", type=Path)
    arguments = parser.parse_args()
    for name in CAMERAS if arguments.camera == "both" else (arguments.camera,):
        results = []
        for seed in range(*arguments.seeds):
            results.append(
                measure(seed, name, arguments.draw, noise=arguments.noise, share=arguments.share)
            )
            sys.stdout.write(line_of(results[-1]))
            sys.stdout.flush()
        ious = [value for result in results for value in result.ious]
        sys.stdout.write(
            f"{name}: room_iou {np.mean(ious):.3f} over {len(ious)} rooms of {len(results)} houses, "
            f"mean of houses {np.mean([np.mean(r.ious) for r in results]):.3f}, "
            f"partition {np.median([r.partition_ms for r in results]):.1f} ms\n"
        )


if __name__ == "__main__":
    main()
