"""Memory snapshots: the few kept frames that stand for all entities, and who is seen in which frame.

A snapshot owns a cluster of entities, as in 3D-Mem (arXiv 2411.17735): every covered entity has exactly
one owner, and a snapshot owns only what it shows.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

MAX_ENTITY_NUMBER = 2**31 - 2
_STATE_VERSION = 1
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True)
class Sighting:
    """One entity in one frame."""

    frame_number: int
    entity_number: int
    score: float
    """In (0, 1]: how well the frame shows it; see `sighting_score`."""


@dataclass(frozen=True)
class Snapshot:
    """A chosen frame. `owned` is never empty and a subset of `seen`; both ascend."""

    frame_number: int
    owned: tuple[int, ...]
    """Entities that this frame stands for; no other snapshot of the cover owns them."""
    seen: tuple[int, ...]
    """All living entities that it shows."""


@dataclass(frozen=True)
class SnapshotCover:
    """Snapshots by ascending frame number; what they own are disjoint sets."""

    snapshots: tuple[Snapshot, ...]
    covered_count: int
    """Entities that some snapshot owns."""
    entity_count: int
    """Living entities that at least one stored frame shows: what could be covered."""

    @property
    def covered_share(self) -> float:
        """In [0, 1]; 1 where there is nothing to cover."""
        return self.covered_count / self.entity_count if self.entity_count else 1.0

    @property
    def frame_numbers(self) -> tuple[int, ...]:
        return tuple(snapshot.frame_number for snapshot in self.snapshots)

    def find_owner(self, entity_number: int) -> Snapshot | None:
        """The snapshot that owns an entity."""
        return next((s for s in self.snapshots if entity_number in s.owned), None)


def sighting_score(
    visible_share: float, pixel_share: float, *, saturation_share: float = 0.02
) -> float:
    """How well a frame shows an entity: visible share times saturated pixel share, in [0, 1].

    Args:
        visible_share: of the entity's own extent, how much is in view and not occluded.
        pixel_share: of the image's pixels, how many show the entity.
        saturation_share: pixel share from which more pixels add nothing.
    """
    if not (0 <= visible_share <= 1 and 0 <= pixel_share <= 1 and saturation_share > 0):
        raise InputError(
            "visible_share and pixel_share must lie in [0, 1] and saturation_share above 0, got "
            f"{visible_share}, {pixel_share}, {saturation_share}"
        )
    return visible_share * min(1.0, pixel_share / saturation_share)


class VisibilityRows(NamedTuple):
    """Sightings as compressed sparse rows, views of the store: read them, never write.

    Row r is frame `frames[r]`; its entities ascend at `entities[offsets[r] : offsets[r + 1]]`.
    """

    frames: NDArray[np.int64]
    """(F,) frame numbers, ascending."""
    offsets: NDArray[np.int64]
    """(F + 1,)."""
    entities: NDArray[np.int32]
    """(N,)."""
    scores: NDArray[np.float32]
    """(N,)."""


class Visibility:
    """Which frames show which entities, and how well. Grows frame by frame.

    The content is canonical: frames ascend, entities ascend within a frame, each pair is there once
    with its best score, and no frame is empty. So the order of additions never shows in the digest.
    """

    def __init__(self) -> None:
        self._frame_count = 0
        self._frames = np.zeros(64, np.int64)
        self._offsets = np.zeros(65, np.int64)
        self._entities = np.zeros(512, np.int32)
        self._scores = np.zeros(512, np.float32)

    @classmethod
    def from_sightings(cls, sightings: Iterable[Sighting]) -> Visibility:
        """The same as adding them one by one."""
        visibility = cls()
        by_frame: dict[int, list[Sighting]] = {}
        for sighting in sightings:
            by_frame.setdefault(sighting.frame_number, []).append(sighting)
        for frame_number in sorted(by_frame):
            row = by_frame[frame_number]
            visibility.add(frame_number, [s.entity_number for s in row], [s.score for s in row])
        return visibility

    @property
    def frame_count(self) -> int:
        """Frames that show at least one entity."""
        return self._frame_count

    @property
    def sighting_count(self) -> int:
        return int(self._offsets[self._frame_count])

    @property
    def rows(self) -> VisibilityRows:
        count, total = self._frame_count, self.sighting_count
        return VisibilityRows(
            self._frames[:count],
            self._offsets[: count + 1],
            self._entities[:total],
            self._scores[:total],
        )

    @property
    def entity_numbers(self) -> NDArray[np.int32]:
        """(E,) ascending: every entity that some frame shows."""
        return np.unique(self.rows.entities)

    def sightings_of(self, entity_number: int) -> tuple[Sighting, ...]:
        """Where one entity was seen, best first, ties by frame number."""
        rows = self.rows
        places = np.flatnonzero(rows.entities == entity_number)
        frames = rows.frames[np.searchsorted(rows.offsets, places, side="right") - 1]
        scores = rows.scores[places]
        return tuple(
            Sighting(int(frames[i]), entity_number, float(scores[i]))
            for i in np.lexsort((frames, -scores))
        )

    def sightings_in(self, frame_number: int) -> tuple[Sighting, ...]:
        """What one frame shows, by entity number; empty for a frame that is not stored."""
        rows = self.rows
        row = int(np.searchsorted(rows.frames, frame_number))
        if row == len(rows.frames) or rows.frames[row] != frame_number:
            return ()
        part = slice(int(rows.offsets[row]), int(rows.offsets[row + 1]))
        pairs = zip(rows.entities[part].tolist(), rows.scores[part].tolist(), strict=True)
        return tuple(Sighting(frame_number, entity, score) for entity, score in pairs)

    def add(
        self,
        frame_number: int,
        entity_numbers: Sequence[int] | NDArray[np.integer],
        scores: Sequence[float] | NDArray[np.floating],
    ) -> None:
        """Add what a frame shows; amortised constant for a new last frame.

        A pair that is already there (a late detector) keeps the better score.

        Raises:
            InputError: lengths differ, a score outside (0, 1], or a negative number.
        """
        entities, values = _checked_row(frame_number, entity_numbers, scores)
        if not len(entities):
            return
        row = int(np.searchsorted(self._frames[: self._frame_count], frame_number))
        if row == self._frame_count:
            self._append(frame_number, *_best_of_each(entities, values))
        else:
            self._splice(row, frame_number, entities, values)

    def forget(self, entity_number: int) -> None:
        """Remove an entity; frames that showed nothing else leave with it."""
        self._keep(self.rows.entities != entity_number)

    def forget_frame(self, frame_number: int) -> None:
        """Remove a frame (its pixels were dropped under the budget)."""
        rows = self.rows
        self._keep(np.repeat(rows.frames != frame_number, np.diff(rows.offsets)))

    def merge(self, old: int, new: int) -> None:
        """Renumber entity `old` to `new`; where a frame shows both, the better score stays."""
        if not 0 <= new <= MAX_ENTITY_NUMBER:
            raise InputError(
                f"entity numbers must lie in [0, {MAX_ENTITY_NUMBER}], got {new} for entity {old}"
            )
        rows = self.rows
        places = np.flatnonzero(rows.entities == old)
        if old == new or not len(places):
            return
        rows.entities[places] = new
        is_kept = np.ones(len(rows.entities), np.bool_)
        for row in np.searchsorted(rows.offsets, places, side="right") - 1:
            start, end = int(rows.offsets[row]), int(rows.offsets[row + 1])
            order = np.lexsort((-rows.scores[start:end], rows.entities[start:end]))
            rows.entities[start:end] = rows.entities[start:end][order]
            rows.scores[start:end] = rows.scores[start:end][order]
            is_kept[start + 1 : end] = np.diff(rows.entities[start:end]) != 0
        self._keep(is_kept)

    def digest(self) -> str:
        content = hashlib.blake2b(digest_size=16)
        rows = self.rows
        content.update(self._frame_count.to_bytes(8, "little"))
        content.update(rows.frames.astype("<i8").tobytes() + rows.offsets.astype("<i8").tobytes())
        content.update(rows.entities.astype("<i4").tobytes() + rows.scores.astype("<f4").tobytes())
        return content.hexdigest()

    def to_bytes(self) -> bytes:
        """Everything; equal stores give equal bytes."""
        rows = self.rows
        buffer = io.BytesIO()
        np.savez(
            buffer,
            version=np.array([_STATE_VERSION]),
            frames=rows.frames,
            counts=np.diff(rows.offsets).astype(np.int32),
            entities=rows.entities,
            scores=rows.scores,
        )
        return buffer.getvalue()

    def load_bytes(self, data: bytes) -> None:
        """Replace the content by that of `to_bytes`.

        Raises:
            InputError: bytes of another kind or version.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as state:
                version = int(state["version"][0])
                if version != _STATE_VERSION:
                    raise InputError(
                        f"stored visibility has version {version}, not {_STATE_VERSION}"
                    )
                frames, counts = state["frames"], state["counts"]
                entities, scores = state["entities"], state["scores"]
        except (KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"these bytes hold no visibility: {error}") from error
        if len(frames) != len(counts) or not len(entities) == len(scores) == counts.sum():
            raise InputError("these bytes hold no visibility: the lengths of its arrays differ")
        self._set(frames, np.concatenate([[0], np.cumsum(counts)]), entities, scores)

    def _append(
        self, frame_number: int, entities: NDArray[np.int32], scores: NDArray[np.float32]
    ) -> None:
        start, end = self.sighting_count, self.sighting_count + len(entities)
        if self._frame_count == len(self._frames):
            self._frames = _with_room(self._frames, 2 * len(self._frames))
            self._offsets = _with_room(self._offsets, 2 * len(self._frames) + 1)
        if end > len(self._entities):
            room = max(end, 2 * len(self._entities))
            self._entities = _with_room(self._entities, room)
            self._scores = _with_room(self._scores, room)
        self._entities[start:end], self._scores[start:end] = entities, scores
        self._frames[self._frame_count] = frame_number
        self._frame_count += 1
        self._offsets[self._frame_count] = end

    def _splice(
        self,
        row: int,
        frame_number: int,
        entities: NDArray[np.int32],
        scores: NDArray[np.float32],
    ) -> None:
        """Put a frame before others, or more entities into a frame that is there."""
        rows = self.rows
        is_new = rows.frames[row] != frame_number
        start = int(rows.offsets[row])
        end = start if is_new else int(rows.offsets[row + 1])
        entities, scores = _best_of_each(
            np.concatenate([rows.entities[start:end], entities]),
            np.concatenate([rows.scores[start:end], scores]),
        )
        frames = np.insert(rows.frames, row, frame_number) if is_new else rows.frames
        offsets = np.insert(rows.offsets, row, start) if is_new else rows.offsets.copy()
        offsets[row + 1 :] += len(entities) - (end - start)
        self._set(
            frames,
            offsets,
            np.concatenate([rows.entities[:start], entities, rows.entities[end:]]),
            np.concatenate([rows.scores[:start], scores, rows.scores[end:]]),
        )

    def _keep(self, is_kept: NDArray[np.bool_]) -> None:
        """Keep these sightings, and the frames that still have one."""
        if is_kept.all():
            return
        rows = self.rows
        ends = np.concatenate([[0], np.cumsum(is_kept)])[rows.offsets]
        is_frame_kept = np.diff(ends) > 0
        self._set(
            rows.frames[is_frame_kept],
            np.concatenate([[0], ends[1:][is_frame_kept]]),
            rows.entities[is_kept],
            rows.scores[is_kept],
        )

    def _set(
        self,
        frames: NDArray[np.int64],
        offsets: NDArray[np.int64],
        entities: NDArray[np.int32],
        scores: NDArray[np.float32],
    ) -> None:
        self._frame_count = len(frames)
        room = max(64, len(frames))
        self._frames = _with_room(frames.astype(np.int64), room)
        self._offsets = _with_room(offsets.astype(np.int64), room + 1)
        self._entities = _with_room(entities.astype(np.int32), max(512, len(entities)))
        self._scores = _with_room(scores.astype(np.float32), max(512, len(scores)))


def _checked_row(
    frame_number: int,
    entity_numbers: Sequence[int] | NDArray[np.integer],
    scores: Sequence[float] | NDArray[np.floating],
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    numbers = np.asarray(entity_numbers, np.int64)
    values = np.asarray(scores, np.float32)
    if numbers.ndim != 1 or numbers.shape != values.shape:
        raise InputError(
            f"entity_numbers and scores of frame {frame_number} must both be (N,), got "
            f"{numbers.shape} and {values.shape}"
        )
    if frame_number < 0 or (len(numbers) and not 0 <= numbers.min() <= numbers.max()):
        raise InputError(f"frame {frame_number}: frame and entity numbers must not be negative")
    if len(numbers) and numbers.max() > MAX_ENTITY_NUMBER:
        raise InputError(
            f"frame {frame_number}: entity numbers must be at most {MAX_ENTITY_NUMBER}, got "
            f"{numbers.max()}; number entities from 0 without big gaps"
        )
    if not ((values > 0) & (values <= 1)).all():
        raise InputError(
            f"frame {frame_number}: scores must lie in (0, 1], got {values.tolist()}; leave out what "
            "the frame does not show"
        )
    return numbers.astype(np.int32), values


def _best_of_each(
    entities: NDArray[np.int32], scores: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Ascending entities, each once with its best score."""
    order = np.lexsort((-scores, entities))
    entities, scores = entities[order], scores[order]
    is_first = np.concatenate([[True], np.diff(entities) != 0])
    return entities[is_first], scores[is_first]


def _with_room(array: NDArray[_Scalar], room: int) -> NDArray[_Scalar]:
    """A copy at the start of `room` slots."""
    grown: NDArray[_Scalar] = np.zeros(room, array.dtype)
    grown[: len(array)] = array
    return grown
