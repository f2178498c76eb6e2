"""Memory snapshots as a view: which keyframes show which entities, and the few that stand for all."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..entities.entity import Entity, Status, entity_number
from ..entities.view import EntityView
from ..journal.records import DetectionRecord
from ..journal.steps import Step
from .snapshots import SnapshotCover, Visibility, sighting_score

MIN_SCORE = 1e-3


class SnapshotPolicy(Protocol):
    """Chooses a cover: `policies/snapshot.py`."""

    def cover(
        self,
        visibility: Visibility,
        positions_in_world: NDArray[np.floating],
        frame_budget: int | None = None,
    ) -> SnapshotCover: ...


class SnapshotView:
    """Sightings of entities in keyframes; covers are computed when asked for.

    Frames are named by their record ids. Applied after the entities, which say what each detection is.
    """

    name = "snapshots"
    version = 1

    config_digest = ""
    """Covers are computed when asked for: no policy changes the state."""

    def __init__(self, entities: EntityView, policy: SnapshotPolicy) -> None:
        self._entities = entities
        self._policy = policy
        self._seen = Visibility()
        self._stamps: dict[int, int] = {}
        """When each frame was taken."""
        self.revision = 0
        self._cover: tuple[tuple[int, int, int | None], SnapshotCover] | None = None

    def apply(self, step: Step) -> None:
        if not step.frames:
            return
        matched = self._entities.matched_detections
        frames = {entry.record.pose_id: entry for entry in step.frames}
        shown: dict[int, dict[int, float]] = {}
        for number, record in step.of(DetectionRecord):
            entry, entity = frames.get(record.pose_id), matched.get(number)
            if entry is not None and entity is not None:
                scores = shown.setdefault(entry.frame_id, {})
                scores[entity] = max(scores.get(entity, 0.0), _score_of(record))
        for entry in step.frames:
            self._stamps[entry.frame_id] = entry.record.stamp_ns
            here = shown.get(entry.frame_id, {})
            if here:
                self._seen.add(entry.frame_id, sorted(here), [here[n] for n in sorted(here)])
        self.revision += 1

    def cover(self, frame_budget: int | None = None) -> SnapshotCover:
        """The frames that together show every confirmed, present entity where it is now.

        Greedy covers reach at least (1 - 1/e) of the best coverage for a frame budget.
        """
        key = (self.revision, self._entities.revision, frame_budget)
        if self._cover is None or self._cover[0] != key:
            current, positions = self._current()
            cover = self._policy.cover(current, positions, frame_budget)
            self._cover = (key, cover)
        return self._cover[1]

    def frames_of(self, entity_id: str, *, k: int = 5) -> tuple[tuple[int, float], ...]:
        """(frame id, score) of the frames that show an entity best, where it is now or was."""
        number = entity_number(entity_id)
        found: dict[int, float] = {}
        for alias in self._aliases(number):
            for seen in self._seen.sightings_of(alias):
                found[seen.frame_number] = max(found.get(seen.frame_number, 0.0), seen.score)
        return tuple(sorted(found.items(), key=lambda row: (-row[1], row[0]))[:k])

    def entities_in(self, frame_id: int) -> tuple[tuple[str, float], ...]:
        """(entity id, score) of what a keyframe shows."""
        found: dict[int, float] = {}
        for seen in self._seen.sightings_in(frame_id):
            kept = self._entities.resolve(seen.entity_number)
            found[kept] = max(found.get(kept, 0.0), seen.score)
        return tuple((f"entity:{n}", s) for n, s in sorted(found.items(), key=lambda r: -r[1]))

    def digest(self) -> str:
        return self._seen.digest()

    def to_bytes(self) -> bytes:
        stamps = np.array(sorted(self._stamps.items()), np.int64).reshape(-1, 2)
        head = len(stamps).to_bytes(8, "little") + stamps.astype("<i8").tobytes()
        return head + self._seen.to_bytes()

    def load_bytes(self, data: bytes) -> None:
        count = int.from_bytes(data[:8], "little")
        end = 8 + 16 * count
        stamps = np.frombuffer(data[8:end], "<i8").reshape(-1, 2)
        self._stamps = {int(frame): int(stamp) for frame, stamp in stamps}
        self._seen = Visibility()
        self._seen.load_bytes(data[end:])
        self._cover = None
        self.revision += 1

    def _current(self) -> tuple[Visibility, NDArray[np.float64]]:
        """Sightings of present entities since they are where they are, and their positions."""
        present = {
            entity_number(entity.entity_id): entity
            for entity in self._entities.entities()
            if entity.status is Status.PRESENT and entity.position_in_world is not None
        }
        current = Visibility()
        rows = self._seen.rows
        for row, frame in enumerate(rows.frames.tolist()):
            span = slice(int(rows.offsets[row]), int(rows.offsets[row + 1]))
            found: dict[int, float] = {}
            for number, score in zip(
                rows.entities[span].tolist(), rows.scores[span].tolist(), strict=True
            ):
                kept = self._entities.resolve(number)
                if kept in present and self._stamps[frame] >= _since_ns(present[kept]):
                    found[kept] = max(found.get(kept, 0.0), score)
            if found:
                current.add(frame, sorted(found), [found[n] for n in sorted(found)])
        positions = np.zeros((max(present, default=0) + 1, 3))
        for number, entity in present.items():
            positions[number] = entity.position_in_world
        return current, positions

    def _aliases(self, number: int) -> list[int]:
        return [
            alias
            for alias in self._seen.entity_numbers.tolist()
            if self._entities.resolve(alias) == self._entities.resolve(number)
        ]


def _since_ns(entity: Entity) -> int:
    """When an entity came to be where it is: opening or switching it does not move it."""
    state = entity.state
    for earlier in reversed(entity.states[:-1]):
        if earlier.position_in_world != state.position_in_world:
            break
        state = earlier
    return state.since_ns


def _score_of(record: DetectionRecord) -> float:
    hidden = (record.border_share or 0.0) + (record.hidden_share or 0.0)
    visible = min(max(1.0 - 2.0 * hidden, 0.05), 1.0)
    return max(sighting_score(visible, min(record.pixel_share or 0.0, 1.0)), MIN_SCORE)
