"""A page of pictures of a house: from above without its ceilings, and into every room."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ...geometry import CameraIntrinsics, Transform, look_at, make_transform
from .house_view import HouseView
from .mesh import merge
from .renderer import Renderer
from .scene import HousePart, house_parts
from .world import House, Room

TILE_PX = (420, 315)
COLUMNS, ROWS = 4, 3
_EYE_M = 1.65
_CORNER_M = 0.3
_SMALL = CameraIntrinsics.from_hfov(84, 63, float(np.deg2rad(78.0)))
_LARGE = CameraIntrinsics.from_hfov(*TILE_PX, float(np.deg2rad(78.0)))


def draw_contact_sheet(house: House) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB: twelve labelled views, the whole house first, then the rooms in turn."""
    parts = house_parts(house)
    view = HouseView(house, parts)
    tiles = [_labelled(_from_above(house, parts), f"house {house.seed} from above")]
    looks = {room.room_id: _looks_into(house, room, view) for room in house.rooms}
    for turn in range(4):
        for room in house.rooms:
            if len(tiles) < COLUMNS * ROWS:
                image = view.render(looks[room.room_id][turn], _LARGE).color
                tiles.append(_labelled(image, room.room_id.replace("_", " ")))
    rows = [np.hstack(tiles[k * COLUMNS : (k + 1) * COLUMNS]) for k in range(ROWS)]
    return np.asarray(np.vstack(rows), np.uint8)


def _looks_into(house: House, room: Room, view: HouseView) -> list[Transform]:
    """Camera poses in the four corners of a room, those that show the most different things first."""
    x0, y0, x1, y1 = max(room.rectangles, key=lambda r: (r[2] - r[0]) * (r[3] - r[1]))
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2, 0.55])
    ranked = []
    for k, (x, y) in enumerate(((x0, y0), (x1, y0), (x1, y1), (x0, y1))):
        toward = np.sign(middle[:2] - (x, y)) * _CORNER_M
        eye = np.array([x + toward[0], y + toward[1], _EYE_M])
        pose = look_at(eye, middle)
        _, counts = np.unique(view.render(pose, _SMALL).instance_ids, return_counts=True)
        clear = int((counts >= 8).sum()) - 20 * float(counts.max() / counts.sum() > 0.6)
        ranked.append((-clear, k, pose))
    return [pose for _, _, pose in sorted(ranked, key=lambda item: item[:2])]


def _from_above(house: House, parts: list[HousePart]) -> NDArray[np.uint8]:
    """Straight down on the house without ceilings, x to the right."""
    open_parts = [p for p in parts if not p.name.endswith("/ceiling") and not _hangs(house, p.name)]
    mesh = merge([part.mesh_in_world for part in open_parts])
    boxes = np.array([r for room in house.rooms for r in room.rectangles])
    low, high = boxes[:, :2].min(axis=0) - 0.3, boxes[:, 2:].max(axis=0) + 0.3
    width, height = TILE_PX
    px_per_m = min(width / (high[0] - low[0]), height / (high[1] - low[1]))
    middle, far_m = (low + high) / 2, 60.0
    eye = np.array([middle[0], middle[1], far_m])
    axes = np.array([(1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)]).T
    pose = make_transform(axes, eye)
    focal = px_per_m * far_m
    lens = CameraIntrinsics(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2)
    return Renderer(mesh, background=(255, 255, 255)).render(pose, lens).color


def _hangs(house: House, name: str) -> bool:
    return any(p.furniture_id == name and p.category == "ceiling_lamp" for p in house.furniture)


def _labelled(image: NDArray[np.uint8], words: str) -> NDArray[np.uint8]:
    tile = np.ascontiguousarray(image)
    font = cv2.FONT_HERSHEY_DUPLEX
    (width, height), _ = cv2.getTextSize(words, font, 0.55, 1)
    cv2.rectangle(tile, (0, 0), (width + 14, height + 14), (255, 255, 255), -1)
    cv2.putText(tile, words, (7, height + 6), font, 0.55, (20, 20, 20), 1, cv2.LINE_AA)
    cv2.rectangle(tile, (0, 0), (tile.shape[1] - 1, tile.shape[0] - 1), (255, 255, 255), 1)
    return tile
