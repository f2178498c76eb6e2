"""Queries for space and time: near, between, seen_from, seeing, route, frontiers.

Every answer is a `Recall`: items best first, the records they rest on, and a verdict that tells
"nothing is there" (looked) from "nobody knows" (never looked). Probabilities stay None until they are
calibrated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..core import Recall, RecallItem, Verdict
from ..errors import InputError
from ..geometry import (
    Box,
    CameraIntrinsics,
    Points,
    Transform,
    inverse,
    project,
    rigid_or_raise,
    transform_points,
)
from ..journal.records import INT64_MAX, INT64_MIN, PoseRecord
from ..journal.store import Journal
from ..spatial.frontiers import find_frontiers
from ..spatial.keyframe_index import Keyframe, KeyframeIndex
from ..spatial.octree import FREE, OCCUPIED, UNKNOWN
from ..spatial.routes import GroundMap, RobotShape, RouteStatus, build_ground_map, find_route
from ..views import MemoryViews

StampRange = tuple[int, int]
"""First and last stamp in nanoseconds, both included."""

_MIN_KNOWN_SHARE = 0.05
_MAX_UNSEEN_SHARE = 0.5
_MAX_SEEING_VOXELS = 64


class SpatialRecall:
    """Read-only queries on one state of a memory."""

    def __init__(
        self, journal: Journal, views: MemoryViews, *, until_stamp_ns: int | None = None
    ) -> None:
        self._journal = journal
        self._views = views
        self._until_stamp_ns = until_stamp_ns
        self._ground: tuple[tuple[int, RobotShape, float | None], GroundMap | None] | None = None

    @property
    def views(self) -> MemoryViews:
        return self._views

    def keyframe(self, frame_id: int) -> Keyframe:
        """The keyframe of a record id such as the 17 of 'frame:17'.

        Raises:
            InputError: there is no such keyframe in this state of the memory.
        """
        ids = self._views.keyframes.frame_ids
        place = int(np.searchsorted(ids, frame_id))
        if place >= len(ids) or ids[place] != frame_id:
            raise InputError(f"there is no keyframe 'frame:{frame_id}' among {len(ids)}")
        return self._views.keyframes.get(place)

    def near(
        self,
        point_in_world: Sequence[float] | Points,
        radius_m: float = 1.0,
        *,
        k: int = 10,
        within: StampRange | None = None,
    ) -> Recall:
        """Keyframes taken within `radius_m` of a point, nearest first; and what fills the ball there.

        Verdict: known (something occupies space there, or a keyframe was taken there), absent (most
        of the ball was seen, and all of that is free), unknown (most of it was never seen).
        """
        point = _checked_point(point_in_world)
        _check_count(k)
        if not 0 < radius_m < math.inf:
            raise InputError(f"radius_m must be finite and above 0, got {radius_m}")
        keyframes = self._views.keyframes
        distance = np.linalg.norm(keyframes.positions - point, axis=1)
        is_near = (distance <= radius_m) & self._is_within(within)
        chosen = np.flatnonzero(is_near)
        chosen = chosen[np.argsort(distance[chosen], kind="stable")][:k]
        items = _keyframe_items(
            keyframes,
            chosen,
            1.0 - distance[chosen] / radius_m,
            [f"{d:.2f} m" for d in distance[chosen].tolist()],
        )
        occupied, free, unknown = self._fill(point, radius_m)
        if occupied or items:
            verdict = Verdict.KNOWN
        else:
            verdict = Verdict.ABSENT if unknown < _MAX_UNSEEN_SHARE else Verdict.UNKNOWN
        return Recall(
            f"near({_text(point)}, {radius_m:g} m)",
            items,
            verdict,
            explanation=(
                f"{len(items)} keyframes taken within {radius_m:g} m; of the space there "
                f"{occupied:.0%} is occupied, {free:.0%} free, {unknown:.0%} never seen"
            ),
        )

    def between(self, start_stamp_ns: int, end_stamp_ns: int, *, k: int = 100) -> Recall:
        """Keyframes with start <= stamp <= end in the order of time.

        Verdict: known if the robot was observing then (even if it kept no frame), else unknown.
        """
        if start_stamp_ns > end_stamp_ns:
            raise InputError(
                f"between needs start <= end, got {start_stamp_ns} > {end_stamp_ns} nanoseconds"
            )
        _check_count(k)
        for stamp_ns in (start_stamp_ns, end_stamp_ns):
            check_stamp(stamp_ns)
        keyframes = self._views.keyframes
        chosen = np.flatnonzero(self._is_within((start_stamp_ns, end_stamp_ns)))
        chosen = chosen[np.argsort(keyframes.stamps_ns[chosen], kind="stable")]
        items = _keyframe_items(keyframes, chosen[:k], np.ones(len(chosen[:k])))
        end = end_stamp_ns
        if self._until_stamp_ns is not None:
            end = min(end, self._until_stamp_ns)
        pose = next(self._journal.between(PoseRecord, start_stamp_ns, end), None)
        return Recall(
            f"between({start_stamp_ns}, {end_stamp_ns})",
            items,
            Verdict.UNKNOWN if pose is None else Verdict.KNOWN,
            explanation=(
                "no frame was recorded in this interval"
                if pose is None
                else f"{len(chosen)} keyframes in this interval, {len(items)} shown"
            ),
        )

    def seen_from(
        self,
        world_from_camera: Transform,
        intrinsics: CameraIntrinsics,
        *,
        k: int = 8,
        max_range_m: float | None = None,
    ) -> Recall:
        """The `k` keyframes that saw most of what is visible from a pose (view -> frames)."""
        _check_count(k)
        pose = rigid_or_raise(world_from_camera)
        votes = self._views.cache.seen_from(pose, intrinsics, k=k, max_range_m=max_range_m)
        items = _keyframe_items(
            self._views.keyframes,
            votes.frames,
            votes.shares,
            [f"saw {share:.0%} of it" for share in votes.shares.tolist()],
        )
        is_known = votes.known_share >= _MIN_KNOWN_SHARE and bool(items)
        return Recall(
            f"seen_from({_text(pose[:3, 3])})",
            items,
            Verdict.KNOWN if is_known else Verdict.UNKNOWN,
            explanation=f"{votes.known_share:.0%} of the view shows known surface",
        )

    def seeing(
        self, point_in_world: Sequence[float] | Points, *, radius_m: float | None = None, k: int = 8
    ) -> Recall:
        """The keyframes that saw the surface at a point, best look first (point -> frames).

        Ranked by apparent size: the inverse square of the distance, less away from the image's centre.
        Verdict: known, absent (rays passed through and nothing is there), unknown (never looked).
        """
        point = _checked_point(point_in_world)
        _check_count(k)
        max_radius_m = _MAX_SEEING_VOXELS * self._views.cache.resolution_m
        if radius_m is not None and not 0 < radius_m <= max_radius_m:
            raise InputError(
                f"radius_m must be above 0 and at most {max_radius_m:g}, got {radius_m}"
            )
        votes = self._views.cache.seeing(point, radius_m=radius_m)
        ranked = sorted(
            ((self._look(int(n), point), int(n)) for n in votes.frames), key=lambda r: (-r[0], r[1])
        )
        best = [(score, n) for score, n in ranked[:k] if score > 0]
        items = _keyframe_items(
            self._views.keyframes, [n for _, n in best], [score for score, _ in best]
        )
        state = int(self._views.octree.states(point[None])[0])
        if items:
            verdict = Verdict.KNOWN
        else:
            verdict = Verdict.ABSENT if state == FREE else Verdict.UNKNOWN
        words = {UNKNOWN: "never seen", FREE: "free", OCCUPIED: "occupied"}
        return Recall(
            f"seeing({_text(point)})",
            items,
            verdict,
            explanation=(
                f"{len(items)} keyframes show the surface there; the point itself is {words[state]}"
            ),
        )

    def route(
        self,
        start_in_world: Sequence[float] | Points,
        goal_in_world: Sequence[float] | Points,
        *,
        robot: RobotShape | None = None,
        floor_m: float | None = None,
    ) -> Recall:
        """A path on the ground between two points.

        Verdict: known (all of it was seen free), unknown (it leads through space never seen, or there
        is no floor in the map), absent (everything between is blocked).
        """
        start, goal = _checked_point(start_in_world), _checked_point(goal_in_world)
        query = f"route({_text(start)} -> {_text(goal)})"
        ground_map = self.ground_map(robot or RobotShape(), floor_m=floor_m)
        if ground_map is None:
            return Recall(query, (), Verdict.UNKNOWN, explanation="the map shows no floor yet")
        route = find_route(ground_map, start, goal)
        items = tuple(
            RecallItem(
                f"waypoint:{n}", "waypoint", 1.0, position_in_world=_tuple3(route.waypoints[n])
            )
            for n in range(len(route.waypoints))
        )
        end = (
            f"; it ends {route.goal_gap_m:.2f} m beside the goal" if route.goal_gap_m > 0.1 else ""
        )
        if route.status is RouteStatus.FREE:
            explanation = f"{route.length_m:.2f} m, all seen free{end}"
            return Recall(query, items, Verdict.KNOWN, explanation=explanation)
        if route.status is RouteStatus.THROUGH_UNKNOWN:
            unknown = f"of which {route.unknown_m:.2f} m were never seen"
            explanation = f"{route.length_m:.2f} m, {unknown}{end}"
            return Recall(query, items, Verdict.UNKNOWN, explanation=explanation)
        return Recall(
            query, (), Verdict.ABSENT, explanation="no way: blocked, or too far from where it fits"
        )

    def frontiers(
        self,
        *,
        k: int = 10,
        z_low_m: float | None = None,
        z_high_m: float | None = None,
        min_area_m2: float = 0.1,
    ) -> Recall:
        """Where known free space borders on the unknown, largest first.

        By default between step and robot height above the estimated floor, if the map shows one.
        """
        _check_count(k)
        ground_map = self.ground_map(RobotShape())
        floor = None if ground_map is None else ground_map.floor_m
        shape = RobotShape()
        low = (
            z_low_m
            if z_low_m is not None
            else (-math.inf if floor is None else floor + shape.step_m)
        )
        high = (
            z_high_m
            if z_high_m is not None
            else (math.inf if floor is None else floor + shape.height_m)
        )
        found = find_frontiers(
            self._views.octree, z_low_m=low, z_high_m=high, min_area_m2=min_area_m2
        )
        total = sum(f.area_m2 for f in found)
        items = tuple(
            RecallItem(
                f"frontier:{n}",
                "frontier",
                f.area_m2 / total,
                position_in_world=_tuple3(f.position_in_world),
                note=f"{f.area_m2:.2f} m2 towards ({f.outward[0]:+.2f}, {f.outward[1]:+.2f})",
            )
            for n, f in enumerate(found[:k])
        )
        has_map = self._views.octree.block_count > 0
        verdict = (Verdict.KNOWN if items else Verdict.ABSENT) if has_map else Verdict.UNKNOWN
        return Recall(
            "frontiers()", items, verdict, explanation=f"{len(found)} frontiers, {len(items)} shown"
        )

    def ground_map(self, robot: RobotShape, *, floor_m: float | None = None) -> GroundMap | None:
        """The ground grid for a robot's shape, built once per state of the map."""
        key = (self._views.octree.revision, robot, floor_m)
        if self._ground is None or self._ground[0] != key:
            self._ground = key, build_ground_map(self._views.octree, robot, floor_m=floor_m)
        return self._ground[1]

    def _is_within(self, within: StampRange | None) -> NDArray[np.bool_]:
        stamps = self._views.keyframes.stamps_ns
        if within is None:
            return np.ones(len(stamps), np.bool_)
        return np.asarray((stamps >= within[0]) & (stamps <= within[1]))

    def _fill(self, point: NDArray[np.float64], radius_m: float) -> tuple[float, float, float]:
        """Shares of occupied, free and unknown among points spread over a ball."""
        octree = self._views.octree
        step = max(octree.resolution_m, radius_m / 10)
        span = np.arange(-radius_m, radius_m + step / 2, step)
        grid = np.stack(np.meshgrid(span, span, span, indexing="ij"), axis=-1).reshape(-1, 3)
        states = octree.states(point + grid[(grid**2).sum(axis=1) <= radius_m**2])
        shares = np.bincount(states, minlength=3) / len(states)
        return float(shares[OCCUPIED]), float(shares[FREE]), float(shares[UNKNOWN])

    def _look(self, number: int, point: NDArray[np.float64]) -> float:
        """How well a keyframe shows a point, in (0, 1]; 0 if it does not project into the image."""
        keyframe = self._views.keyframes.get(number)
        in_camera = transform_points(inverse(keyframe.world_from_camera), point[None])
        pixels, is_inside = project(in_camera, keyframe.intrinsics)
        if not is_inside[0]:
            return 0.0
        half = np.array([keyframe.intrinsics.width_px, keyframe.intrinsics.height_px]) / 2
        off_center = float(np.linalg.norm((pixels[0] - half) / half)) / math.sqrt(2)
        distance = float(np.linalg.norm(in_camera[0]))
        return (1.0 - 0.5 * min(off_center, 1.0)) / (1.0 + distance**2)


def box_of(recall: Recall) -> Box | None:
    """The box around all items that have a position; None if none has."""
    points = [item.position_in_world for item in recall.items if item.position_in_world is not None]
    return Box.around(np.array(points)) if points else None


def _check_count(k: int) -> None:
    if k < 1:
        raise InputError(f"k must be 1 or more, got {k}")


def check_stamp(stamp_ns: int) -> None:
    """Raises InputError for a stamp that no record can have."""
    if not INT64_MIN <= stamp_ns <= INT64_MAX:
        raise InputError(f"a stamp must fit 64 bits of nanoseconds, got {stamp_ns}")


def _keyframe_items(
    keyframes: KeyframeIndex,
    numbers: Sequence[int] | NDArray[np.integer],
    scores: Sequence[float] | NDArray[np.float64],
    notes: Sequence[str] | None = None,
) -> tuple[RecallItem, ...]:
    """One item a keyframe, in the order given."""
    chosen = np.asarray(numbers, np.int64)
    frames = [f"frame:{frame_id}" for frame_id in keyframes.frame_ids[chosen].tolist()]
    rows = zip(
        frames,
        np.round(np.asarray(scores, np.float64), 6).tolist(),
        keyframes.stamps_ns[chosen].tolist(),
        np.round(keyframes.positions[chosen], 6).tolist(),
        notes or [""] * len(frames),
        strict=True,
    )
    return tuple(
        RecallItem(frame, "keyframe", score, stamp, (x, y, z), (frame,), note)
        for frame, score, stamp, (x, y, z), note in rows
    )


def _checked_point(point: Sequence[float] | Points) -> NDArray[np.float64]:
    array = np.asarray(point, np.float64)
    if array.shape != (3,) or not np.isfinite(array).all():
        raise InputError(f"a point must be three finite numbers x y z in metres, got {point!r}")
    return array


def _tuple3(point: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = point.tolist()
    return (round(x, 6), round(y, 6), round(z, 6))


def _text(point: NDArray[np.float64]) -> str:
    return ", ".join(f"{v:.2f}" for v in point)
