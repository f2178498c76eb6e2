"""The entities of a memory as a view over the journal.

`EntityView.apply` is the page to read: looks are matched to places before anything moves, poses are
corrected, the robot's hand is followed, the detections of each image are associated, and what was
looked at in vain loses belief.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..config import EntityConfig, config_digest
from ..journal.records import (
    DetectionRecord,
    EventRecord,
    FrameRecord,
    LookRecord,
    PoseRecord,
    RobotRecord,
    content_digest,
)
from ..journal.steps import Step
from . import storage
from .belief import Belief, State
from .change import MissModel, belief_at, note_look, pose_trust
from .entity import (
    ChangeKind,
    Entity,
    EntityKind,
    EntityState,
    Status,
    entity_id_of,
    entity_number,
)
from .holding import note_robot
from .merging import Merge, find_duplicates, find_moved_to, fold
from .observations import Floats, Sighting, sighting_of
from .registry import Registry
from .sightings import ImageUpdate
from .table import EntityTable, table_of

_MERGE_INTERVAL = 20
"""Images between two searches for duplicates."""
_KEPT_MOVES = 256
_TOGGLES = {
    "open": (ChangeKind.OPENED, True, None),
    "close": (ChangeKind.CLOSED, False, None),
    "turn_on": (ChangeKind.TURNED_ON, None, True),
    "turn_off": (ChangeKind.TURNED_OFF, None, False),
}


@dataclass(frozen=True)
class Change:
    """One state that began."""

    number: int
    """Counts all changes of a memory from 1."""
    entity_id: str
    state: EntityState


class EntityView:
    """Applies steps; answers with entities.

    Invariant: the state follows from the steps in their order alone; reading changes nothing.
    """

    name = "entities"
    version = 2

    def __init__(self, config: EntityConfig) -> None:
        self.config = config
        self.config_digest = config_digest(config)
        self.registry = Registry()
        self.revision = 0
        """Counts steps that may have changed something."""
        self._misses = MissModel()
        self._merges: list[Merge] = []
        self._cache: tuple[int, tuple[Entity, ...]] | None = None
        self._table: tuple[int, EntityTable] | None = None

    # Applying

    def apply(self, step: Step) -> None:
        """One commit of the journal."""
        cameras = {
            number: np.ascontiguousarray(record.world_from_camera[:3, 3])
            for number, record in step.of(PoseRecord)
        }
        self.registry.matched.clear()
        looks = [
            (number, record, belief_at(self.registry, record))
            for number, record in step.of(LookRecord)
        ]
        self._note_cameras(step)
        self._move_poses(step)
        for number, record in step.of(RobotRecord):
            note_robot(self.registry, number, record)
        seen, offsets = self._apply_detections(step, cameras)
        self._apply_looks(looks, cameras, seen, pose_trust(offsets, self.registry.drift.spread_m))
        for number, event in step.of(EventRecord):
            self._apply_event(number, event)
        self._merge_duplicates(step)
        self.revision += 1

    def _note_cameras(self, step: Step) -> None:
        """Late detections refer to earlier poses; keyframes tell what lens a sensor has."""
        for number, pose in step.of(PoseRecord):
            if pose.supersedes is None:
                self.registry.note_camera(number, pose.sensor, pose.world_from_camera)
        for _, frame in step.of(FrameRecord):
            self.registry.lenses[frame.sensor] = np.array(
                [frame.fx_px, frame.fy_px, frame.cx_px, frame.cy_px]
            )

    def _move_poses(self, step: Step) -> None:
        """Follow corrections: everything measured from a pose moves with it."""
        if not step.pose_moves:
            return
        registry = self.registry
        shifts = []
        for move in step.pose_moves:
            before = registry.moves.get(move.pose_id)
            now = np.ascontiguousarray(move.world_from_written)
            registry.moves[move.pose_id] = now
            at = move.written[:3, 3]
            was = at if before is None else before[:3, :3] @ at + before[:3, 3]
            shifts.append(float(np.linalg.norm(move.corrected[:3, 3] - was)))
        moves = {move.pose_id: registry.moves[move.pose_id] for move in step.pose_moves}
        registry.drift.note_correction(max(shifts))
        for belief in list(registry.beliefs.values()):
            if belief.move_poses(moves):
                registry.changed(belief)
        for belief in registry.merged.values():
            belief.move_poses(moves)
        registry.forget_moves(step.pose_moves[-1].pose_id, _KEPT_MOVES)

    def _apply_detections(
        self, step: Step, cameras: dict[int, Floats]
    ) -> tuple[set[int], list[float]]:
        """Associate the detections of each image.

        Returns the numbers of what was seen, and how far from its place what stands still was seen.
        """
        frames = {record.pose_id: number for number, record in step.of(FrameRecord)}
        images: dict[int, list[Sighting]] = {}
        for number, record in step.of(DetectionRecord):
            if not record.is_located or (record.mean_depth_m or 0.0) > self.config.max_range_m:
                continue
            sighting = sighting_of(
                number,
                record,
                self.registry.labels.id_of(record.label),
                frame_id=frames.get(record.pose_id, -1),
                camera=self.registry.find_camera(record.pose_id),
                move=self.registry.world_from_written(record.pose_id),
            )
            images.setdefault(record.pose_id, []).append(sighting)
        seen: set[int] = set()
        offsets: list[float] = []
        for pose_id, sightings in sorted(images.items()):
            self.registry.image_count += 1
            update = ImageUpdate(
                self.registry, self._misses, sightings, self.config, is_late=pose_id not in cameras
            )
            seen |= update.run()
            self._merges.extend(update.undone)
            if pose_id in cameras:
                offsets.extend(update.offsets_m)
        return seen, offsets

    def _apply_looks(
        self,
        looks: Sequence[tuple[int, LookRecord, Belief | None]],
        cameras: dict[int, Floats],
        seen: set[int],
        trust: float,
    ) -> None:
        """What was looked at and not seen loses belief; what has gone may be what appeared elsewhere."""
        registry = self.registry
        for number, record, belief in looks:
            camera = cameras.get(record.pose_id)
            if belief is None or camera is None or belief.number in seen:
                continue
            if belief.number not in registry.beliefs:
                continue
            if note_look(registry, self._misses, belief, number, record, camera, trust):
                found = find_moved_to(registry, belief)
                if found is not None:
                    self._merges.append(fold(registry, belief, found, record.stamp_ns, "moved"))

    def _apply_event(self, number: int, event: EventRecord) -> None:
        """Doors and switches, as an executor reports them."""
        if event.outcome != "success" or event.action not in _TOGGLES:
            return
        belief = self._find_target(event.target)
        if belief is None:
            return
        change, is_open, is_on = _TOGGLES[event.action]
        before = belief.state
        state = State(
            change, before.status, event.end_stamp_ns, before.since_ns, event.end_stamp_ns,
            holder=before.holder, support=before.support, evidence=[f"report:{number}"],
            ending_evidence=[f"report:{number}"],
            is_open=before.is_open if is_open is None else is_open,
            is_on=before.is_on if is_on is None else is_on,
            place=before.place,
        )  # fmt: skip
        state.seen.extend(before.seen)
        self.registry.begin(belief, state)

    def _find_target(self, target: str) -> Belief | None:
        """An entity by id, or the nearest confirmed one of a name."""
        registry = self.registry
        prefix, _, number = target.partition(":")
        if prefix == "entity" and number.isdecimal():
            return registry.beliefs.get(registry.resolve(int(number)))
        label = registry.labels.find_id(target.strip().lower().replace(" ", "_"))
        found = [
            b for b in registry.beliefs.values()
            if b.is_confirmed and b.position is not None and label is not None
            and registry.labels.log_ratio(label, b.labels) > 2.0
        ]  # fmt: skip
        base = np.array(registry.hand.base[:2])
        return min(
            found,
            key=lambda b: (float(np.linalg.norm(b.position[:2] - base)), b.number),  # type: ignore[index]
            default=None,
        )

    def _merge_duplicates(self, step: Step) -> None:
        """What was just confirmed is compared with all; all with all now and then."""
        registry = self.registry
        is_due = bool(step.pose_moves) or registry.image_count % _MERGE_INTERVAL == 0
        if is_due or registry.confirmed_now:
            among = None if is_due else registry.confirmed_now
            for kept, merged in find_duplicates(registry, among):
                self._merges.append(fold(registry, kept, merged, step.stamp_ns, "same_place"))
        registry.confirmed_now = []
        if is_due:
            registry.prune()

    # Answering

    def entities(self, include_unconfirmed: bool = False) -> tuple[Entity, ...]:
        """All entities in the order of their ids; those seen too little only if asked for."""
        if self._cache is None or self._cache[0] != self.revision:
            registry = self.registry
            supports = {
                b.number: registry.find_support(b)
                for b in registry.beliefs.values()
                if b.status is Status.PRESENT and b.kind is EntityKind.OBJECT
            }
            found = tuple(
                self._entity(belief, supports) for _, belief in sorted(registry.beliefs.items())
            )
            self._cache = (self.revision, found)
        if include_unconfirmed:
            return self._cache[1]
        return tuple(entity for entity in self._cache[1] if entity.is_confirmed)

    def _entity(self, belief: Belief, supports: dict[int, int]) -> Entity:
        support = supports.get(belief.number, belief.state.support)
        if belief.entity is None or belief.entity.state.support_id != _id_or_empty(support):
            belief.entity = belief.to_entity(
                self.registry.labels, {**supports, belief.number: support}
            )
        return belief.entity

    @property
    def count(self) -> int:
        """Confirmed entities."""
        return sum(belief.is_confirmed for belief in self.registry.beliefs.values())

    def find(self, entity_id: str) -> Entity | None:
        """An entity, confirmed or not, by its id or by that of one merged into it."""
        belief = self.registry.beliefs.get(self.registry.resolve(entity_number(entity_id)))
        if belief is None:
            return None
        support = belief.state.support
        if belief.status is Status.PRESENT:
            support = self.registry.find_support(belief)
        return self._entity(belief, {belief.number: support})

    def get(self, entity_id: str) -> Entity:
        """As `find`; raises KeyError if there is none."""
        entity = self.find(entity_id)
        if entity is None:
            raise KeyError(f"there is no {entity_id}; ids come from `entities()`")
        return entity

    def changes_after(self, number: int) -> list[Change]:
        """The states of confirmed entities that began, after the first `number` of them, oldest first."""
        found = []
        for at in range(max(number, 0), len(self.registry.log)):
            owner, index = self.registry.log[at]
            belief = self.registry.beliefs.get(owner) or self.registry.merged.get(owner)
            if belief is None or index >= len(belief.states):
                continue
            entity = belief.entity or belief.to_entity(
                self.registry.labels, {owner: belief.state.support}
            )
            found.append(Change(at + 1, entity_id_of(owner), entity.states[index]))
        return found

    @property
    def matched_detections(self) -> dict[int, int]:
        """Detection record -> entity number, of the step that was applied last."""
        return dict(self.registry.matched)

    def resolve(self, number: int) -> int:
        """The number of the entity that this one was merged into, itself if none."""
        return self.registry.resolve(number)

    @property
    def held_entity_id(self) -> str | None:
        """What the robot holds."""
        number = self.registry.hand.number
        return entity_id_of(number) if number >= 0 else None

    @property
    def merges(self) -> tuple[Merge, ...]:
        """Entities that were found to be one, oldest first."""
        return tuple(self._merges)

    def table(self) -> EntityTable:
        """Columns for queries over many entities."""
        if self._table is None or self._table[0] != self.revision:
            beliefs = [belief for _, belief in sorted(self.registry.beliefs.items())]
            self._table = (self.revision, table_of(beliefs, self.registry.labels))
        return self._table[1]

    # Saving

    def digest(self) -> str:
        """Hex; equal exactly for equal states."""
        return content_digest(self.to_bytes()).hex()

    def to_bytes(self) -> bytes:
        return storage.pack(self.registry, self._misses, self._merges)

    def load_bytes(self, data: bytes) -> None:
        self.registry, self._misses, self._merges = storage.unpack(data)
        self._cache = self._table = None
        self.revision += 1


def _id_or_empty(number: int) -> str:
    return "" if number < 0 else entity_id_of(number)
