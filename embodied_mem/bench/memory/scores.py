"""The scores of one episode: counts, so that episodes add up. `score_episode` is the page to read."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...entities.entity import Entity, EntityKind, Status, entity_number
from ...journal.records import DetectionRecord
from ...journal.store import Journal
from ...recall.memory_recall import MemoryRecall
from ...views import MemoryViews
from .changes import believed_kind, expected_belief, is_right
from .events import EventCounts, score_events
from .looking import box_points, looked_shares
from .matching import Matching, match_entities, placed_state, thing_distance_m
from .replay import MatchLog
from .rooms import room_ious
from .snapshots import SnapshotScores, score_snapshots
from .truth import OBJECT, ROBOT, EpisodeTruth, is_holder
from .verdicts import VerdictRow, ask_all

POSITION_OK_M = 0.25
_DRIFT_M = {"off": 0.02, "mild": 0.1, "hard": 0.25}
"""How far the robot's idea of a place may be off, when asking whether it was looked at."""
_POINT_M = 0.05


@dataclass(frozen=True)
class EntityCounts:
    """Confirmed entities (persons left out, gone and held ones included) against true things.

    A thing is to be found if it was visible (0.1 % of the pixels) in at least two frames. An entity is
    right if it is matched to such a thing, one to one; neutral if it is matched to a thing that was
    visible once; else wrong: an invention, a duplicate, or misplaced.
    """

    right: int
    wrong: int
    neutral: int
    to_find: int
    wrong_notes: tuple[str, ...] = ()
    missed_notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PositionCounts:
    """Matched things whose entity's last known position is within 0.25 m of where they truly were when
    they were last visible in place: centre to centre for objects; for furniture from the entity's centre
    to the true box, seen from above. What the robot took away after that is left out."""

    ok: int
    total: int
    object_errors_m: tuple[float, ...]
    furniture_errors_m: tuple[float, ...]
    wrong_notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class IdCounts:
    """How often the entity that explains a thing changes, by detections.

    The entity view says which entity each detection went to, the detector (in truth) which thing it
    shows; merged entities count as the one that they became, and only confirmed ones count.
    `switches` are changes from one detection of a thing to the next, as in multi-object tracking;
    `extra_entities` counts, of each thing, entities beyond the first that explain any of its detections.
    """

    switches: int
    extra_entities: int
    entities: int
    switch_notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChangeCounts:
    """Matched objects: expected belief against belief, see `changes.Expected`."""

    rows: tuple[tuple[str, str, bool], ...]
    """(expected, believed, is right), one an object."""
    wrong_notes: tuple[str, ...] = ()
    gone: int = 0
    """Confirmed entities, of any kind but persons, that are believed gone."""
    gone_unlooked: int = 0
    """... whose place no frame truly looked at since they were last seen."""
    gone_furniture: int = 0
    unlooked_notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class EpisodeScores:
    """All scores of one memory after one episode."""

    seed: int
    noise: str
    frame_count: int
    entities: EntityCounts
    positions: PositionCounts
    ids: IdCounts
    changes: ChangeCounts
    events: EventCounts
    room_ious: tuple[float, ...]
    verdicts: tuple[VerdictRow, ...] = ()
    snapshots: SnapshotScores | None = None
    extra: dict[str, float] = field(default_factory=dict)
    """Seconds, megabytes and the like."""


def score_episode(
    truth: EpisodeTruth, views: MemoryViews, matches: MatchLog, journal: Journal
) -> EpisodeScores:
    """What the views believe in the end, against the truth of the episode."""
    listed = views.entities.entities()
    matching = match_entities(truth, listed)
    partition = views.regions.current()
    return EpisodeScores(
        seed=truth.seed,
        noise=truth.noise,
        frame_count=truth.frame_count,
        entities=count_entities(truth, matching),
        positions=count_positions(truth, matching),
        ids=count_switches(
            things_by_entity(truth, views, matches, instance_ids_of(journal)),
            [entity_number(e.entity_id) for e in matching.entities],
        ),
        changes=count_changes(truth, matching),
        events=score_events(truth, matching, views.events.events()),
        room_ious=tuple(room_ious(truth.house, views.octree, partition)),
        verdicts=tuple(ask_all(truth, matching, MemoryRecall(journal, views))),
        snapshots=score_snapshots(views),
    )


def count_entities(truth: EpisodeTruth, matching: Matching) -> EntityCounts:
    """See `EntityCounts`."""
    is_right = np.array([int(n) in matching.detected for n in matching.thing_of], bool)
    is_wrong = matching.thing_of < 0
    found = set(matching.thing_of.tolist())
    return EntityCounts(
        right=int(is_right.sum()),
        wrong=int(is_wrong.sum()),
        neutral=int((~is_right & ~is_wrong).sum()),
        to_find=len(matching.detected),
        wrong_notes=tuple(
            _entity_note(e) for e, bad in zip(matching.entities, is_wrong, strict=True) if bad
        ),
        missed_notes=tuple(_missed_note(truth, n) for n in sorted(matching.detected - found)),
    )


def count_positions(truth: EpisodeTruth, matching: Matching) -> PositionCounts:
    """See `PositionCounts`."""
    errors: dict[bool, list[float]] = {True: [], False: []}
    notes = []
    for entity, number in zip(matching.entities, matching.thing_of.tolist(), strict=True):
        if number not in matching.detected:
            continue
        frame = _last_in_place(truth, number)
        state = placed_state(entity)
        if frame is None or state is None or state.position_in_world is None:
            continue
        error_m = thing_distance_m(truth, number, frame, state.position_in_world)
        errors[truth.things[number].kind == OBJECT].append(error_m)
        if error_m > POSITION_OK_M:
            notes.append(
                f"{truth.things[number].name} ({entity.entity_id}): off by {error_m:.2f} m, at "
                f"{_text(state.position_in_world)}, truly at {_text(truth.center_at(number, frame))}"
            )
    every = np.array(errors[True] + errors[False])
    return PositionCounts(
        ok=int((every <= POSITION_OK_M).sum()),
        total=len(every),
        object_errors_m=tuple(round(e, 4) for e in errors[True]),
        furniture_errors_m=tuple(round(e, 4) for e in errors[False]),
        wrong_notes=tuple(notes),
    )


def count_switches(entities_of: Mapping[str, Sequence[int]], confirmed: Sequence[int]) -> IdCounts:
    """See `IdCounts`; `entities_of` gives the entity numbers of each thing's detections in order."""
    kept = set(confirmed)
    switches = extra = 0
    notes = []
    for name, numbers in sorted(entities_of.items()):
        row = [n for n in numbers if n in kept]
        changes = sum(a != b for a, b in itertools.pairwise(row))
        switches += changes
        extra += max(len(set(row)) - 1, 0)
        if changes:
            counts = ", ".join(f"{n} x{k}" for n, k in Counter(row).most_common())
            notes.append(f"{name}: {changes} switches among {counts}")
    return IdCounts(switches, extra, len(kept), tuple(notes))


def things_by_entity(
    truth: EpisodeTruth, views: MemoryViews, matches: MatchLog, instance_ids: Mapping[int, str]
) -> dict[str, list[int]]:
    """Per thing (persons left out), the entities of its detections in their order."""
    kinds = {thing.name: thing.kind for thing in truth.things}
    found: dict[str, list[int]] = {}
    for detection, number in zip(matches.detections, matches.entities, strict=True):
        track = instance_ids.get(detection, "")
        name = truth.tracks.get(track, track)
        if name in kinds and not is_holder(name):
            found.setdefault(name, []).append(views.entities.resolve(number))
    return found


def instance_ids_of(journal: Journal) -> dict[int, str]:
    """The detector's id of every detection record that has one."""
    return {
        number: record.instance_id
        for number, record in journal.entries(kinds=[DetectionRecord])
        if isinstance(record, DetectionRecord) and record.instance_id is not None
    }


def count_changes(truth: EpisodeTruth, matching: Matching) -> ChangeCounts:
    """See `ChangeCounts`. Objects without an entity are left out: recall counts them."""
    rows, notes = [], []
    for entity, number in zip(matching.entities, matching.thing_of.tolist(), strict=True):
        if number not in matching.detected or truth.things[number].kind != OBJECT:
            continue
        expected = expected_belief(truth, number)
        believed = believed_kind(entity, expected)
        good = is_right(believed, expected)
        rows.append((expected.kind, believed, good))
        if not good:
            notes.append(
                f"{truth.things[number].name} ({entity.entity_id}): {expected.kind} at "
                f"{_text(expected.place)}, believed {believed} at {_text(entity.position_in_world)}"
            )
    gone = [e for e in matching.entities if e.status is Status.GONE]
    unlooked = [e for e in gone if not was_looked_at(truth, e)]
    return ChangeCounts(
        tuple(rows),
        tuple(notes),
        gone=len(gone),
        gone_unlooked=len(unlooked),
        gone_furniture=sum(e.kind is EntityKind.FURNITURE for e in gone),
        unlooked_notes=tuple(_entity_note(e) for e in unlooked),
    )


def was_looked_at(truth: EpisodeTruth, entity: Entity) -> bool:
    """Whether a frame since an entity was last seen truly sees any part of the place where it was.

    The place is its box, grown by what the robot's pose may be off.
    """
    state = placed_state(entity)
    if state is None or state.position_in_world is None:
        return False
    grown = 2 * _DRIFT_M.get(truth.noise, 0.0)
    center, size_m, yaw_rad = np.array(state.position_in_world), (_POINT_M,) * 3, 0.0
    if state.box is not None:
        box = state.box
        center, yaw_rad = np.array(box.center_in_world), box.yaw_rad
        size_m = (box.length_m, box.width_m, box.height_m)
    points = box_points(center, (size_m[0] + grown, size_m[1] + grown, size_m[2] + grown), yaw_rad)
    after = np.arange(truth.frame_at(state.last_seen_ns) + 1, truth.frame_count)
    return bool((looked_shares(truth, points, after) > 0).any())


def _last_in_place(truth: EpisodeTruth, thing: int) -> int | None:
    """The last frame that shows a thing in place; None if the robot took it away after that."""
    seen = truth.seen_frames(thing)
    placed = [int(f) for f in seen[::-1] if not truth.is_held_at(thing, int(f))][:1]
    if not placed:
        return None
    rows = truth.moves_of(thing)
    later = truth.move_support[rows][truth.move_frame[rows] > placed[0]].tolist()
    return None if any(truth.supports[n] == ROBOT for n in later) else placed[0]


def _entity_note(entity: Entity) -> str:
    return (
        f"{entity.entity_id} {entity.label} {entity.status.value} at "
        f"{_text(entity.position_in_world)}, seen {entity.observation_count} times"
    )


def _missed_note(truth: EpisodeTruth, thing: int) -> str:
    seen = truth.seen_frames(thing)
    starts = truth.sighting_thing == thing
    eyes = truth.world_from_camera[seen, :3, 3]
    centers = np.array([truth.center_at(thing, int(f)) for f in seen])
    near_m = float(np.linalg.norm(eyes - centers, axis=1).min())
    return (
        f"{truth.things[thing].name} visible in {len(seen)} frames, at most "
        f"{int(truth.sighting_px[starts].max())} px, from {near_m:.1f} m, at {_text(centers[-1])}"
    )


def _text(point: Sequence[float] | np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None) -> str:
    return "?" if point is None else "(" + ", ".join(f"{v:.2f}" for v in point) + ")"
