"""Contradictions between a depth image and the map, and the keyframes that they make."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embodied_mem.core import DepthImage, Observation
from embodied_mem.envs.house.mesh import Material, Mesh, merge
from embodied_mem.envs.house.renderer import Renderer
from embodied_mem.envs.house.shapes import box_between
from embodied_mem.geometry import CameraIntrinsics, Transform, look_at
from embodied_mem.memory import EmbodiedMemory
from embodied_mem.spatial.change import contradicted_share
from embodied_mem.spatial.octree import OccupancyOctree

CAMERA = CameraIntrinsics.from_hfov(320, 240, 1.2)
EYE = np.array([0.0, 0.0, 1.3])
GREY = Material((128, 128, 128))


def room(*things: Mesh) -> Renderer:
    """A hall of 12 x 8 x 2.5 metres, looked into from x = 0."""
    walls = [
        box_between((-2, -4, -0.1), (10, 4, 0), GREY),
        box_between((-2, -4, 2.5), (10, 4, 2.6), GREY),
        box_between((10, -4, 0), (10.1, 4, 2.5), GREY),
        box_between((-2, -4.1, 0), (10, -4, 2.5), GREY),
        box_between((-2, 4, 0), (10, 4.1, 2.5), GREY),
    ]
    return Renderer(merge([*walls, *things]))


PERSON = box_between((2.8, -0.25, 0), (3.1, 0.25, 1.7), GREY)
AHEAD = look_at(EYE, EYE + np.array([1.0, 0.0, -0.1]))


def seen(renderer: Renderer, pose: Transform = AHEAD) -> DepthImage:
    return DepthImage.from_metres(renderer.render(pose, CAMERA).depth_m)


def share(octree: OccupancyOctree, depth: DepthImage, pose: Transform = AHEAD) -> float:
    return contradicted_share(octree, depth, CAMERA, pose)


def mapped(*images: tuple[DepthImage, Transform]) -> OccupancyOctree:
    octree = OccupancyOctree()
    for depth, pose in images:
        octree.integrate_depth(depth, CAMERA, pose)
    return octree


def test_a_still_room_does_not_contradict_its_map_even_at_low_angles() -> None:
    poses = [look_at(EYE, EYE + np.array([1.0, y, -0.1])) for y in (-0.5, -0.2, 0.0, 0.2, 0.5)]
    octree = mapped(*((seen(room(), pose), pose) for pose in poses))
    for pose in poses:
        assert share(octree, seen(room(), pose), pose) == 0.0


def test_what_has_gone_contradicts_the_map_until_it_is_looked_through_often_enough() -> None:
    octree = mapped((seen(room(PERSON)), AHEAD))
    assert share(octree, seen(room(PERSON))) == 0.0
    empty = seen(room())
    shares = [share(octree, empty)]
    for _ in range(4):
        octree.integrate_depth(empty, CAMERA, AHEAD)
        shares.append(share(octree, empty))
    assert shares[0] > 0.02
    assert shares[-1] == 0.0


def test_what_has_come_hides_the_map_and_does_not_contradict_it() -> None:
    octree = mapped((seen(room()), AHEAD))
    assert share(octree, seen(room(PERSON))) == 0.0


def test_without_returns_or_map_nothing_is_contradicted() -> None:
    blind = DepthImage(np.zeros((240, 320), np.uint16))
    assert share(mapped((seen(room(PERSON)), AHEAD)), blind) == 0.0
    assert share(OccupancyOctree(), seen(room())) == 0.0


def test_frames_that_show_somebody_gone_are_kept_until_the_map_agrees(tmp_path: object) -> None:
    def observation(stamp_s: int, depth: DepthImage) -> Observation:
        return Observation(stamp_s * 10**9, AHEAD, CAMERA, depth)

    standing, empty = seen(room(PERSON)), seen(room())
    place: NDArray[np.float64] = np.array([[2.8, 0.0, 1.0]])
    with EmbodiedMemory.open(f"{tmp_path}/m.db") as memory:
        memory.update(observation(0, standing))
        reasons = [memory.update(observation(s, empty)).decision.reason for s in range(1, 24)]
        assert "changed" in reasons[:4]
        assert reasons[-3:] == ["", "", ""]
        assert memory.views.octree.states(place)[0] == 1, "free again"
