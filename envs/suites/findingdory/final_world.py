"""The house as it is when instructions are given: what a robot would see and how far it would drive."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ...house.dynamic_scene import DynamicScene
from ...house.household import Clock, Household
from ...house.navigation import NavigationMap
from ...house.reach import nearest_floor
from ...house.sensors import HEAD_CAMERA, CameraSpec
from ...house.world import Furniture, House, Point2, Room
from .record import Pose

_GRID_ERROR_M = 0.08
"""A distance read from the cell that a point lies in is off by less than this ..."""
_GRID_GROWTH = 1.035
"""... and ways over the grid are at most this much longer than the shortest."""


class FinalWorld:
    """One state of a house. Renders and distances are kept: asking twice costs nothing.

    People are not drawn: they walk on while an agent acts.
    """

    def __init__(
        self, house: House, *, camera: CameraSpec = HEAD_CAMERA, map_: NavigationMap | None = None
    ) -> None:
        """`camera` decides what counts as in view; `map_` is the house's map if it is at hand."""
        self.camera = camera
        self.navigation = NavigationMap(house) if map_ is None else map_
        self._household = Household(house, Clock(0))
        self._scene: DynamicScene | None = None
        self._numbers: dict[str, int] = {}
        self._pixels: dict[Pose, NDArray[np.int32]] = {}
        self._floor_points: dict[str, Point2] = {}
        self._distances_m: dict[tuple[str, Point2], float] = {}
        self._within: dict[tuple[str, Point2, float], bool] = {}
        self._rooms = {room.room_id: room for room in house.rooms}
        self._receptacles = {
            piece.furniture_id: piece
            for piece in house.furniture
            if piece.is_receptacle and piece.viewpoints
        }

    def follow(self, house: House) -> None:
        """Take over another state of the same house: residents have moved things meanwhile."""
        self._household = Household(house, Clock(0))
        if self._scene is not None:
            self._scene.reset(self._household)
        self._pixels.clear()
        self._floor_points.clear()
        self._distances_m.clear()
        self._within.clear()

    # What there is

    @property
    def house(self) -> House:
        return self._household.house

    @property
    def object_ids(self) -> tuple[str, ...]:
        return tuple(sorted(self.house.objects))

    @property
    def receptacle_ids(self) -> tuple[str, ...]:
        """Furniture that holds things and that a robot can stand at, in the house's order."""
        return tuple(self._receptacles)

    @property
    def room_ids(self) -> tuple[str, ...]:
        return tuple(self._rooms)

    def get_receptacle(self, furniture_id: str) -> Furniture:
        return self._receptacles[furniture_id]

    def place_of(self, entity_id: str) -> Point2:
        """The middle of an object or a receptacle, seen from above."""
        if entity_id in self._receptacles:
            x, y, _ = self._receptacles[entity_id].position
        else:
            x, y, _ = self.house.objects[entity_id].position
        return x, y

    def room_at(self, point: Point2) -> str:
        """The room that contains a point; empty in doorways and walls."""
        return room_at(self.house.rooms, point)

    # How far

    def stands_of(self, entity_id: str) -> tuple[Point2, ...]:
        """Where distances to an entity end: a receptacle's viewpoints, or the floor by an object."""
        if entity_id in self._receptacles:
            return tuple((x, y) for x, y, _ in self._receptacles[entity_id].viewpoints)
        return (self.floor_point(entity_id),)

    def floor_point(self, object_id: str) -> Point2:
        """Reachable floor nearest to an object, in the object's room and not behind its wall."""
        if object_id not in self._floor_points:
            place = self.place_of(object_id)
            piece = self._household.find_support(object_id)
            room_id = piece.room_id if piece else self._household.room_id_at(*place)
            point = nearest_floor(self._household, self.navigation, place, room_id)
            self._floor_points[object_id] = point
        return self._floor_points[object_id]

    def room_floor(self, room_id: str) -> NDArray[np.float64]:
        """(N, 2) reachable points in a room."""
        points = self.navigation.reachable_points()
        room = self._rooms[room_id]
        is_inside = np.zeros(len(points), bool)
        for x0, y0, x1, y1 in room.rectangles:
            is_inside |= ((points >= (x0, y0)) & (points <= (x1, y1))).all(axis=1)
        return points[is_inside]

    def distance_m(self, entity_id: str, point: Point2) -> float:
        """Driving distance from a point to an object, to the nearest viewpoint, or into a room."""
        key = (entity_id, point)
        if key not in self._distances_m:
            self._distances_m[key] = self._find_distance_m(entity_id, point)
        return self._distances_m[key]

    def is_within(self, entity_id: str, point: Point2, limit_m: float) -> bool:
        """Whether `distance_m` is at most a limit, found in less time."""
        stands = [s for s in self.stands_of(entity_id) if math.dist(s, point) <= limit_m]
        if not stands:
            return False
        key = (entity_id, point, limit_m)
        if key not in self._within:
            self._within[key] = any(self._is_stand_within(s, point, limit_m) for s in stands)
        return self._within[key]

    # What is seen

    def pixel_share(self, entity_id: str, pose: Pose) -> float:
        """Share of the camera's pixels that show an entity from a base pose."""
        if pose not in self._pixels:
            self._pixels[pose] = self._render(pose, self.camera)
        count = int(self._pixels[pose][self._numbers[entity_id]])
        return count / (self.camera.width_px * self.camera.height_px)

    def receptacles_seen(self, poses: Iterable[Pose], *, least_share: float) -> frozenset[str]:
        """Those that fill a share of a small image from any pose. Furniture stands still, so the final
        world shows what was seen."""
        small = self.camera.resized(120, 160)
        most = np.max([self._render(pose, small) for pose in dict.fromkeys(poses)], axis=0)
        least = least_share * small.width_px * small.height_px
        return frozenset(n for n in self._receptacles if most[self._numbers[n]] >= least)

    # Helpers

    def _render(self, pose: Pose, camera: CameraSpec) -> NDArray[np.int32]:
        """Pixels of each instance."""
        if self._scene is None:
            self._scene = DynamicScene(self._household)
            self._numbers = {one.name: number for number, one in enumerate(self._scene.instances)}
        view = self._scene.render(camera.world_from_camera(pose), camera.intrinsics)
        counts = np.bincount(view.instance_ids.reshape(-1) + 1, minlength=len(self._numbers) + 1)
        return counts[1:].astype(np.int32)

    def _find_distance_m(self, entity_id: str, point: Point2) -> float:
        if entity_id in self._rooms:
            return self._distance_to_room_m(entity_id, point)
        stands = self.stands_of(entity_id)
        if len(stands) > 1:
            stands = self._nearest_stands(stands, point)
        return min(self.navigation.geodesic_m(point, stand) for stand in stands)

    def _nearest_stands(self, stands: Sequence[Point2], point: Point2) -> tuple[Point2, ...]:
        """Those that can be the nearest, as far as the grid can tell."""
        field = self.navigation.distance_field_m(*point)
        cells = [self.navigation.cell_of(x, y) for x, y in stands]
        far_m = [float(field[cell]) for cell in cells]
        most_m = min(far_m) + _GRID_ERROR_M
        near = [
            s
            for s, m in zip(stands, far_m, strict=True)
            if m / _GRID_GROWTH - _GRID_ERROR_M <= most_m
        ]
        return tuple(near)

    def _is_stand_within(self, stand: Point2, point: Point2, limit_m: float) -> bool:
        """Decided by the grid where it is clear, else exactly."""
        if limit_m > 1.0:
            i, j = self.navigation.cell_of(*point)
            field = self.navigation.distance_field_m(*stand)
            is_inside = 0 <= i < field.shape[0] and 0 <= j < field.shape[1]
            far_m = float(field[i, j]) if is_inside else math.inf
            if far_m + _GRID_ERROR_M <= limit_m:
                return True
            if far_m < math.inf and far_m / _GRID_GROWTH - _GRID_ERROR_M > limit_m:
                return False
        return self.navigation.geodesic_m(stand, point) <= limit_m

    def _distance_to_room_m(self, room_id: str, point: Point2) -> float:
        if _contains(self._rooms[room_id], point):
            return 0.0
        field = self.navigation.distance_field_m(*point)
        cells = [self.navigation.cell_of(x, y) for x, y in self.room_floor(room_id).tolist()]
        return min((float(field[cell]) for cell in cells), default=math.inf)


def room_at(rooms: Sequence[Room], point: Point2) -> str:
    """The room that contains a point; empty in doorways and walls."""
    return next((room.room_id for room in rooms if _contains(room, point)), "")


def _contains(room: Room, point: Point2) -> bool:
    x, y = point
    return any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in room.rectangles)
