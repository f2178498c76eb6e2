"""One picture of a memory: the octree from above with the walk, and what the robot saw beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..envs.house.mesh import Mesh
from ..envs.house.renderer import Renderer
from ..errors import InputError
from ..geometry import CameraIntrinsics, Transform, inverse, look_at, project, transform_points
from ..journal.records import PoseRecord
from ..memory import EmbodiedMemory
from ..spatial.export_mesh import voxel_mesh
from .answer import Answer

Image = NDArray[np.uint8]
"""(H, W, 3) uint8 RGB."""

_BACKGROUND = (24, 26, 32)
_PATH_COLOR = (255, 176, 32)
_KEYFRAME_COLOR = (255, 255, 255)
_ROUTE_COLOR = (64, 220, 120)
_TEXT_COLOR = (225, 228, 235)
_MAIN_SIZE = (920, 690)
_SIDE_SIZE = (306, 230)
_CEILING_CUT_M = 1.9


def write_picture(
    path: Path, memory: EmbodiedMemory, frame_count: int, answers: Sequence[Answer]
) -> None:
    """Draw a memory that was made from `frame_count` frames; a PNG of 1226 x 750 pixels."""
    main = _draw_map(memory, answers)
    side = _draw_frames(memory)
    body = np.concatenate([main, side], axis=1)
    caption = np.full((60, body.shape[1], 3), _BACKGROUND, np.uint8)
    index = memory.views.keyframes
    text = (
        f"{frame_count} frames seen, {len(index)} kept, "
        f"{memory.journal.size_bytes() / 1e6:.1f} MB, {memory.views.octree.block_count} octree blocks. "
        "Orange: the walk. White: keyframes. Green: the recalled route."
    )
    _write(caption, text, (14, 36), 0.52)
    picture = np.concatenate([body, caption])
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
        raise InputError(f"cannot write a picture to {path}")


def _draw_map(memory: EmbodiedMemory, answers: Sequence[Answer]) -> Image:
    octree = memory.views.octree
    bounds = octree.bounds()
    if bounds is None:
        raise InputError("the memory is empty: there is nothing to draw")
    mesh = _octree_mesh(memory)
    intrinsics = CameraIntrinsics.from_hfov(*_MAIN_SIZE, float(np.deg2rad(42)))
    world_from_camera = _fitting_view(mesh.vertices.astype(np.float64), intrinsics)
    view = Renderer(mesh, background=_BACKGROUND).render(world_from_camera, intrinsics)
    image = np.ascontiguousarray(view.color)
    walk = np.array([p[:3, 3] for p in _poses(memory)])
    _draw_line(image, walk, world_from_camera, intrinsics, _PATH_COLOR, 2)
    for answer in answers:
        waypoints = [
            item.position_in_world for item in answer.recall.items if item.kind == "waypoint"
        ]
        if waypoints:
            raised = np.array(waypoints) + np.array([0.0, 0.0, 0.06])
            _draw_line(image, raised, world_from_camera, intrinsics, _ROUTE_COLOR, 4)
    _draw_dots(image, memory.views.keyframes.positions, world_from_camera, intrinsics)
    _write(image, "embodied_mem: what the robot remembers", (16, 30), 0.62)
    return image


def _fitting_view(points: NDArray[np.float64], intrinsics: CameraIntrinsics) -> Transform:
    """A view from above and aside, as near as all points stay in the image."""
    center = (points.min(axis=0) + points.max(axis=0)) / 2
    for distance_m in np.arange(2.0, 60.0, 0.25):
        eye = center + np.array([-0.24, -0.53, 0.81]) * distance_m
        world_from_camera = look_at(eye, center)
        _, is_inside = project(transform_points(inverse(world_from_camera), points), intrinsics)
        if is_inside.all():
            break
    return world_from_camera


def _octree_mesh(memory: EmbodiedMemory) -> Mesh:
    """The occupied voxels below the ceiling, in the colours of the 3D cache."""
    voxels = voxel_mesh(
        memory.views.octree, surface=memory.views.cache.surface(), color_reach_voxels=math.inf
    )
    if voxels.triangles is None:
        raise InputError("expected a mesh of voxel faces")
    triangles = voxels.triangles.astype(np.int32)
    floor = float(np.percentile(voxels.vertices[:, 2], 1))
    is_kept = voxels.vertices[triangles[:, 0], 2] < floor + _CEILING_CUT_M
    triangles = np.ascontiguousarray(triangles[is_kept])
    return Mesh(
        voxels.vertices.astype(np.float32),
        triangles,
        np.ascontiguousarray(voxels.colors[triangles[:, 0]]),
        np.zeros(len(triangles), np.int32),
        np.zeros(len(triangles), np.uint8),
    )


def _draw_frames(memory: EmbodiedMemory) -> Image:
    """A keyframe's colour and depth, and the surface that the cache expects from the same pose."""
    from ..journal.recording import read_color, read_depth
    from ..journal.records import FrameRecord

    index = memory.views.keyframes
    keyframe = index.get(len(index) // 3)
    record = memory.journal.get_as(FrameRecord, keyframe.frame_id)
    color, depth = read_color(memory.journal, record), read_depth(memory.journal, record)
    expected = memory.views.cache.depth_from(keyframe.world_from_camera, keyframe.intrinsics)
    panels = [
        ("keyframe " + keyframe.evidence, color.decode() if color else None),
        ("its depth", _depth_colors(depth.metres()) if depth else None),
        ("the 3D cache from there", _depth_colors(expected)),
    ]
    images = []
    for title, image in panels:
        panel = np.full((_SIDE_SIZE[1], _SIDE_SIZE[0], 3), _BACKGROUND, np.uint8)
        if image is not None:
            panel[:] = cv2.resize(image, _SIDE_SIZE, interpolation=cv2.INTER_AREA)
        _write(panel, title, (10, 22), 0.5)
        images.append(panel)
    return np.concatenate(images)


def _depth_colors(depth_m: NDArray[np.float32]) -> Image:
    """Near is bright, far is dark, no return is black."""
    scaled = np.clip(depth_m / 6.0, 0, 1)
    image = cv2.applyColorMap((255 * (1 - scaled)).astype(np.uint8), cv2.COLORMAP_INFERNO)
    image[depth_m <= 0] = 0
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _poses(memory: EmbodiedMemory) -> list[Transform]:
    return [
        record.world_from_camera
        for _, record in memory.journal.entries(kinds=[PoseRecord])
        if isinstance(record, PoseRecord)
    ]


def _draw_line(
    image: Image,
    points_in_world: NDArray[np.float64],
    world_from_camera: Transform,
    intrinsics: CameraIntrinsics,
    color: tuple[int, int, int],
    thickness_px: int,
) -> None:
    pixels, _ = project(transform_points(inverse(world_from_camera), points_in_world), intrinsics)
    line = np.rint(pixels).astype(np.int32)[:, None]
    cv2.polylines(image, [line], False, color, thickness_px, cv2.LINE_AA)


def _draw_dots(
    image: Image,
    points_in_world: NDArray[np.float64],
    world_from_camera: Transform,
    intrinsics: CameraIntrinsics,
) -> None:
    pixels, _ = project(transform_points(inverse(world_from_camera), points_in_world), intrinsics)
    for u, v in np.rint(pixels).astype(int).tolist():
        cv2.circle(image, (u, v), 4, _KEYFRAME_COLOR, -1, cv2.LINE_AA)


def _write(image: Image, text: str, position: tuple[int, int], scale: float) -> None:
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    x, y = position
    box = image[max(0, y - height - 6) : y + 7, max(0, x - 6) : x + width + 6]
    box[:] = (box * 0.25).astype(np.uint8)
    cv2.putText(image, text, position, cv2.FONT_HERSHEY_SIMPLEX, scale, _TEXT_COLOR, 1, cv2.LINE_AA)
