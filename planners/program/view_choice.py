"""From a target to the recorded pose from which it is reached best.

Objects: a sighting of it where it is now, near and well in view. Receptacles: a stop at which the robot
was parked before it, for a round or to look. Rooms: a stop of a round in it, or a place well inside.
The limits are those of FindingDory's predicates (arXiv 2506.15635), each with a margin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from ...geometry import inverse, transform_points
from ...journal.records import PoseRecord
from ...recall.memory_recall import MemoryRecall
from ...spatial.routes import RobotShape
from .interpreter import Target
from .program import Kind
from .scene import Scene, Thing, box_gap_m, journal_of, room_number
from .stops import Stop, Track
from .ways import Ways, cropped

_OBJECT_FAR_M = 2.0
_OBJECT_ANGLE_RAD = 0.785
_LEAST_SHARE = 0.001
_RECEPTACLE_RANGE_M = (0.25, 1.35)
_RECEPTACLE_ANGLE_RAD = math.radians(80.0)
_FACING_RAD = math.radians(6.0)
_DEPTH_TOLERANCE_M = 0.45
_SIDE_TOLERANCE = 0.2
"""Of the width of the image."""
_ROOM_CLEARANCE_M = 0.5
_ROUND_AT_RECEPTACLE, _ROUND_IN_ROOM = 0.97, 0.98
_MAX_TRIED = 40
_RIVALRY = 1.0
"""How much it counts that a stop may have been made for another piece."""

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class ChosenView:
    """A recorded pose to go back to."""

    pose_id: int
    source_index: int | None
    """The number of the frame in its recording."""
    base: tuple[float, float, float]
    """x_m, y_m, yaw_rad of the robot there."""
    mode: str
    probability: float
    """That the target counts as reached from there, if it is the right one."""
    evidence: str
    """In words, with what the choice rests on."""


class ViewChooser:
    """Chooses among all poses that a memory knows."""

    def __init__(self, recall: MemoryRecall, scene: Scene) -> None:
        self._recall, self._scene = recall, scene
        self._views = recall.views
        self.track = Track(recall.views.regions.track)
        self._ground = recall.ground_map(RobotShape())
        self._ways: dict[str, Ways] = {}
        self._parkings_of: dict[str, dict[int, tuple[float, int, str]]] = {}
        self._stop_sums: dict[int, float] = {}

    def choose(self, target: Target) -> ChosenView | None:
        """The best view of a target; None if the robot was never anywhere near."""
        if not self.track.count:
            return None
        if target.kind is Kind.ROOM:
            return self._room_view(target)
        thing = self._scene.things.get(target.target_id)
        if thing is None:
            return None
        if target.kind is Kind.OBJECT:
            return self._object_view(thing, target)
        return self._receptacle_view(thing, target)

    # Objects

    def _object_view(self, thing: Thing, target: Target) -> ChosenView | None:
        seen = self._by_sighting(thing)
        if seen is not None and seen.probability >= 0.5:
            return seen
        other = self._by_geometry(thing)
        options = [view for view in (seen, other) if view is not None]
        return max(options, key=lambda view: view.probability, default=None)

    def _by_sighting(self, thing: Thing) -> ChosenView | None:
        """The sighting since it is where it is that counts most surely."""
        if thing.position is None:
            return None
        sightings = self._views.sightings.of(thing.entity_id)
        rows = self.track.row_of_pose(sightings.pose_ids)
        is_now = (sightings.stamps_ns >= thing.here_since_ns) & (rows >= 0)
        chosen = np.flatnonzero(is_now)
        if not len(chosen):
            return None
        rows = rows[chosen]
        scores = self._object_scores(rows, thing.position)
        scores = scores * _share_score(sightings.pixel_share[chosen].astype(np.float64))
        scores = scores * np.where(self.track.is_manipulating[rows], 0.9, 1.0)
        best: ChosenView | None = None
        for n in np.argsort(-scores, kind="stable")[:_MAX_TRIED].tolist():
            pose_id = int(sightings.pose_ids[chosen[n]])
            if scores[n] <= 0:
                break
            depth_m, at_px = (
                float(sightings.depth_m[chosen[n]]),
                float(sightings.center_px[chosen[n], 0]),
            )
            if not self._is_consistent(pose_id, thing.position, depth_m, at_px):
                continue
            reach = self._reach(int(rows[n]), thing)
            if best is not None and reach * scores[n] <= best.probability:
                continue
            share = float(sightings.pixel_share[chosen[n]])
            near = float(self.track.distance_m(rows[n : n + 1], thing.position[:2])[0])
            evidence = (
                f"detection:{int(sightings.detection_ids[chosen[n]])} shows {thing.label} at {near:.2f} m, "
                f"{share:.2%} of the image"
            )
            best = self._view(int(rows[n]), reach * float(scores[n]), evidence, pose_id=pose_id)
            if reach > 0.8:
                break
        return best

    def _reach(self, row: int, thing: Thing) -> float:
        """Chance that the way over the ground to the floor beside a thing is short enough, too."""
        assert thing.position is not None
        if self._ground is None:
            return 0.9
        if thing.entity_id not in self._ways:
            at = thing.position[:2]
            partition = self._views.regions.current()
            self._ways[thing.entity_id] = Ways(
                cropped(self._ground, at, _OBJECT_FAR_M + 1.0), at,
                room_of=partition.labels_at, room=room_number(partition, thing.room_id),
            )  # fmt: skip
        x, y = self.track.xy[row].tolist()
        way_m = self._ways[thing.entity_id].to_point_m((x, y), snap_m=0.35)
        if not math.isfinite(way_m):
            return 0.4
        return float(_soft(np.array(_OBJECT_FAR_M - 0.05 - way_m), 0.15))

    def _object_scores(self, rows: Rows, at: tuple[float, float, float]) -> NDArray[np.float64]:
        """(N,) chance that distance and angle hold, with some error of both; a little more from near."""
        far = self.track.distance_m(rows, at[:2])
        angle = np.abs(self.track.bearing_rad(rows, at[:2]))
        near = _soft(_OBJECT_FAR_M - 0.05 - far, 0.12)
        ahead = _soft(_OBJECT_ANGLE_RAD - angle, 0.06)
        return np.asarray(near * ahead * (1.0 - 0.02 * far) * (1.0 - 0.02 * angle))

    def _is_consistent(
        self, pose_id: int, at: tuple[float, float, float], depth_m: float, at_px: float
    ) -> bool:
        """Whether a sighting was of the place where the thing is now, not of an earlier one."""
        record = self._pose(pose_id)
        in_camera = transform_points(inverse(record.world_from_camera), np.array([at]))[0]
        x, z = float(in_camera[0]), float(in_camera[2])
        if depth_m > 0 and abs(z - depth_m) > _DEPTH_TOLERANCE_M:
            return False
        keyframes = self._views.keyframes
        if not len(keyframes) or z <= 0:
            return z > 0
        lens = keyframes.get(len(keyframes) - 1).intrinsics
        return abs(lens.fx_px * x / z + lens.cx_px - at_px) <= _SIDE_TOLERANCE * lens.width_px

    def _by_geometry(self, thing: Thing) -> ChosenView | None:
        """Any pose of the track that is near, turned to it, and has a free line of sight."""
        if thing.position is None:
            return None
        at = thing.position
        rows = np.flatnonzero(self.track.first_ns >= 0)
        scores = self._object_scores(rows, at)
        angle = np.abs(self.track.bearing_rad(rows, at[:2]))
        scores = scores * _soft(math.radians(19.0) - angle, 0.04)
        for row in np.argsort(-scores, kind="stable")[:_MAX_TRIED].tolist():
            if scores[row] < 0.2:
                break
            record = self._pose(int(self.track.pose_ids[row]))
            eye = record.world_from_camera[:3, 3]
            way = np.array(at) - eye
            length = float(np.linalg.norm(way))
            in_camera = transform_points(inverse(record.world_from_camera), np.array([at]))[0]
            if in_camera[2] <= 0.1 or abs(in_camera[1] / in_camera[2]) > 0.5:
                continue
            hit = self._views.octree.cast_rays(
                eye[None], way[None], max_range_m=max(0.1, length - 0.12)
            )
            if not bool(hit.is_hit[0]) and self._reach(row, thing) > 0.5:
                evidence = f"{thing.label} at {length:.2f} m with nothing between"
                return self._view(row, 0.55 * float(scores[row]), evidence)
        return None

    # Receptacles

    def _receptacle_view(self, thing: Thing, target: Target) -> ChosenView | None:
        options = [self._round_stop(thing, stretch) for stretch in target.stamps_ns]
        options += [self._round_stop(thing, stretch) for stretch in self._stretches_at(thing)]
        best = max(
            (view for view in options if view is not None),
            key=lambda v: v.probability,
            default=None,
        )
        if best is not None and best.probability >= 0.5:
            return best
        parked = self._parked_view(thing)
        found = [view for view in (best, parked) if view is not None]
        return max(found, key=lambda view: view.probability, default=None)

    def _stretches_at(self, thing: Thing) -> list[tuple[int, int]]:
        """When the robot stood at a receptacle for any round."""
        found = []
        for one in self._scene.rounds:
            if one.from_id == thing.entity_id:
                found.append((one.start_ns, one.pick_ns))
            if one.to_id == thing.entity_id and one.place_ns is not None:
                found.append((one.place_ns, one.end_ns))
        return found

    def _round_stop(self, thing: Thing, stretch: tuple[int, int]) -> ChosenView | None:
        """At the place where the robot picked or placed, a pose in navigation mode that sees the piece."""
        row = self.track.row_at(stretch[0])
        stop = self.track.stops[int(self.track.stop_of[row])]
        rows = np.arange(stop.first, stop.last + 1)
        rows = rows[~self.track.is_manipulating[rows]]
        if not len(rows) or thing.position is None:
            return None
        scores, shares = self._receptacle_scores(rows, thing)
        best = int(np.argmax(scores))
        evidence = f"parked at {thing.label} for a round, {shares[best]:.1%} of the image"
        return self._view(int(rows[best]), _ROUND_AT_RECEPTACLE * float(scores[best]), evidence)

    def _receptacle_scores(
        self, rows: Rows, thing: Thing
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(N,) chance that the piece is ahead and in view, and its share of the image."""
        assert thing.position is not None
        angle = np.abs(self.track.bearing_rad(rows, thing.position[:2]))
        ahead = _soft(_RECEPTACLE_ANGLE_RAD - angle, 0.1)
        shares = self._shares_of(rows, thing.entity_id)
        return np.asarray(ahead * _share_score(shares, at_none=0.25) * (1.0 - 0.02 * angle)), shares

    def _shares_of(self, rows: Rows, entity_id: str) -> NDArray[np.float64]:
        """(N,) largest share of the image that an entity filled at each row."""
        sightings = self._views.sightings.of(entity_id)
        seen = self.track.row_of_pose(sightings.pose_ids)
        shares = np.zeros(self.track.count)
        np.maximum.at(shares, seen[seen >= 0], sightings.pixel_share[seen >= 0])
        return np.asarray(shares[rows])

    def _parked_view(self, thing: Thing) -> ChosenView | None:
        """The stop at which the robot most likely parked to look at a piece, and not at another one."""
        best: tuple[float, int, str] | None = None
        for stop, (chance, row, why) in self._parkings(thing).items():
            rival = self._chance_of_all(stop)
            chance *= (chance / rival) ** _RIVALRY if rival > chance else 1.0
            if best is None or chance > best[0]:
                best = (chance, row, why)
        if best is None:
            return self._nearest_view(thing)
        return self._view(best[1], best[0], f"{thing.label}: {best[2]}")

    def _parkings(self, thing: Thing) -> dict[int, tuple[float, int, str]]:
        """Stop -> chance that it was made for a piece, the best row, and why."""
        if thing.entity_id in self._parkings_of:
            return self._parkings_of[thing.entity_id]
        found: dict[int, tuple[float, int, str]] = {}
        if thing.position is not None and thing.box is not None:
            rows = np.flatnonzero(~self.track.is_manipulating)
            far = self.track.distance_m(rows, thing.position[:2])
            size = max(thing.box.length_m, thing.box.width_m)
            for row in rows[far <= _RECEPTACLE_RANGE_M[1] + size].tolist():
                chance, why = self._parking_chance(row, thing)
                stop = int(self.track.stop_of[row])
                if chance > found.get(stop, (0.0, 0, ""))[0]:
                    found[stop] = (chance, row, why)
        self._parkings_of[thing.entity_id] = found
        return found

    def _chance_of_all(self, stop: int) -> float:
        """Sum of the chances that a stop was made for any piece."""
        if not self._stop_sums:
            for thing in self._scene.of_kind(Kind.RECEPTACLE):
                for number, (chance, _, _) in self._parkings(thing).items():
                    self._stop_sums[number] = self._stop_sums.get(number, 0.0) + chance
        return self._stop_sums.get(stop, 0.0)

    def _parking_chance(self, row: int, thing: Thing) -> tuple[float, str]:
        assert thing.box is not None
        assert thing.position is not None
        stop = self.track.stops[int(self.track.stop_of[row])]
        gap = box_gap_m(thing.box, stop.x, stop.y)
        if not _RECEPTACLE_RANGE_M[0] <= gap <= _RECEPTACLE_RANGE_M[1]:
            return 0.0, ""
        at = np.array([row])
        scores, shares = self._receptacle_scores(at, thing)
        off = abs(float(self.track.bearing_rad(at, thing.position[:2])[0]))
        is_turning = stop.first < row < stop.last and not self._has_deed(stop)
        chance = parking_chance(gap, off, float(shares[0]), is_turning=is_turning)
        return chance * float(
            scores[0]
        ), f"stood {gap:.2f} m from it, {math.degrees(off):.0f} deg beside"

    def _has_deed(self, stop: Stop) -> bool:
        return bool(self.track.is_manipulating[stop.first : stop.last + 1].any())

    def _nearest_view(self, thing: Thing) -> ChosenView | None:
        """Where it was seen from nearest."""
        sightings = self._views.sightings.of(thing.entity_id)
        if not len(sightings):
            return None
        n = int(np.argmin(np.where(sightings.depth_m > 0, sightings.depth_m, np.inf)))
        row = int(self.track.row_of_pose(sightings.pose_ids[n : n + 1])[0])
        if row < 0:
            return None
        return self._view(row, 0.02, f"{thing.label} was seen, but never from near")

    # Rooms

    def _room_view(self, target: Target) -> ChosenView | None:
        for start_ns, _ in target.stamps_ns:
            row = self.track.row_at(start_ns)
            return self._view(row, _ROUND_IN_ROOM, f"the robot was in it then ({target.why})")
        clearances = self._clearances(target.target_id)
        if clearances is None:
            return None
        row = int(np.argmax(clearances))
        clearance = float(clearances[row])
        if clearance <= 0:
            return self._doorway_view(target)
        chance = 0.95 * min(1.0, 0.3 + clearance / _ROOM_CLEARANCE_M)
        return self._view(
            row, min(0.97, chance), f"{clearance:.2f} m inside {target.label} ({target.target_id})"
        )

    def _clearances(self, room_id: str) -> NDArray[np.float64] | None:
        """(rows,) how far inside a room each row of the track is; 0 outside."""
        partition = self._views.regions.current()
        number = next(
            (n for n, room in enumerate(partition.rooms) if room.room_id == room_id), None
        )
        if number is None:
            return None
        best = np.zeros(self.track.count)
        for grid in partition.storeys:
            inside = np.pad(grid.labels == number, 1)
            if not inside.any():
                continue
            depth = distance_transform_edt(inside, sampling=grid.cell_m)[1:-1, 1:-1]
            cells = grid.cells_of(np.column_stack([self.track.xy, np.zeros(self.track.count)]))
            is_on = ((cells >= 0) & (cells < np.array(depth.shape))).all(axis=1)
            best[is_on] = np.maximum(best[is_on], depth[cells[is_on, 0], cells[is_on, 1]])
        return best

    def _doorway_view(self, target: Target) -> ChosenView | None:
        """A room that was never entered: from where one is nearest to it."""
        room = next((r for r in self._scene.rooms if r.room_id == target.target_id), None)
        if room is None:
            return None
        rows = np.arange(self.track.count)
        row = int(np.argmin(self.track.distance_m(rows, room.center[:2])))
        return self._view(row, 0.02, f"nearest to {target.target_id}, which was never entered")

    # Poses

    def _view(
        self, row: int, probability: float, evidence: str, *, pose_id: int | None = None
    ) -> ChosenView:
        chosen = int(self.track.pose_ids[row]) if pose_id is None else pose_id
        x, y = self.track.xy[row].tolist()
        mode = "manipulation" if self.track.is_manipulating[row] else "navigation"
        base = (round(x, 4), round(y, 4), round(float(self.track.yaw[row]), 4))
        index = self._pose(chosen).source_index
        return ChosenView(chosen, index, base, mode, round(min(1.0, probability), 4), evidence)

    def _pose(self, pose_id: int) -> PoseRecord:
        return journal_of(self._recall).get_as(PoseRecord, pose_id)


def parking_chance(gap_m: float, off_rad: float, share: float, *, is_turning: bool) -> float:
    """That a stop is one of the places from which one looks at a piece of furniture.

    A logistic fit to 573 stops of the scripted robot in ten training houses; one that docks stands about
    0.8 m off and turns to the middle of the piece before it turns to its next way.
    """
    facing = off_rad <= _FACING_RAD
    score = -1.34 - 3.4 * abs(gap_m - 0.78) + 1.4 * facing + 0.8 * is_turning
    return 1.0 / (1.0 + math.exp(-score - 0.5 * math.log(share + 1e-3)))


def _soft(margin: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """(N,) chance that a margin is above 0 when it is known to about `spread`."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(margin / (0.55 * spread), -40, 40))))


def _share_score(shares: NDArray[np.float64], *, at_none: float = 0.0) -> NDArray[np.float64]:
    """(N,) chance that what filled this share of the image fills 0.1 % of it; 0.3 % is safe."""
    log = np.log(np.maximum(shares, 1e-6) / _LEAST_SHARE)
    chance = 1.0 / (1.0 + np.exp(-3.5 * log))
    return np.asarray(np.where(shares > 0, chance, at_none))
