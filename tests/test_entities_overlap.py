"""What fills one space, in an image or in the world, and what a video repeats."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from embodied_mem.entities.belief import LEAST_NOVELTY, Belief
from embodied_mem.entities.entity import EntityKind
from embodied_mem.entities.labels import LabelTable
from embodied_mem.entities.observations import (
    CAPACITY,
    ObservationSet,
    Sighting,
    supported_end,
)
from embodied_mem.entities.overlap import find_repeats, overlap_share, shared_px

UNIT = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0])


def moved(box: np.ndarray, *, by: tuple[float, float, float], yaw_rad: float = 0.0) -> np.ndarray:
    return box + np.array([*by, 0.0, 0.0, 0.0, yaw_rad])


def sighting(
    center: tuple[float, float, float],
    size: tuple[float, float, float] = (0.5, 0.5, 0.9),
    *,
    number: int = 0,
    label_id: int = 0,
    confidence: float = 0.6,
    box_px: tuple[float, float, float, float] = (100.0, 100.0, 200.0, 300.0),
    eye: tuple[float, float, float] = (-2.0, 0.0, 1.2),
    track: str = "",
) -> Sighting:
    box = np.array([*center, *size, 0.0])
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 0, 1)])
    points = box[:3] + 0.4 * corners * box[3:6]
    written = np.array([*center, *box, 0.5, 1.0, 0.1, 1.0])
    return Sighting(
        detection_id=number, pose_id=number, frame_id=-1, stamp_ns=number, label_id=label_id,
        confidence=confidence, track=track, center=box[:3], box=box, points=points,
        written=written, written_points=points.astype(np.float32), color=np.full(3, -1.0),
        appearance=np.zeros(64, np.float32), camera=np.array(eye), depth_m=2.0, box_px=box_px,
    )  # fmt: skip


def test_overlap_share_is_symmetric_and_turns_with_the_boxes() -> None:
    other = np.array([0.3, 0.2, 0.1, 1.4, 0.6, 0.8, 0.5])
    share = overlap_share(UNIT, other)
    assert 0.2 < share < 1.0
    assert overlap_share(other, UNIT) == share
    quarter = np.array([-0.2, 0.3, 0.1, 1.4, 0.6, 0.8, 0.5 + math.pi / 2])
    assert overlap_share(UNIT, quarter) == pytest.approx(share, abs=0.03)


def test_overlap_share_is_one_inside_and_zero_outside() -> None:
    assert overlap_share(UNIT, UNIT * np.array([1, 1, 1, 0.3, 0.3, 0.3, 1])) == 1.0
    assert overlap_share(UNIT, moved(UNIT, by=(1.1, 0.0, 0.0))) == 0.0
    assert overlap_share(UNIT, moved(UNIT, by=(0.5, 0.0, 0.0))) == pytest.approx(0.5)


def test_shared_px_counts_the_smaller_box() -> None:
    assert shared_px((0, 0, 100, 100), (10, 10, 30, 30)) == 1.0
    assert shared_px((0, 0, 10, 10), (20, 0, 30, 10)) == 0.0


def test_the_back_and_the_whole_of_a_chair_are_one_in_one_image() -> None:
    labels = LabelTable()
    labels.id_of("chair")
    whole = sighting((0.0, 0.0, 0.45), confidence=0.5, box_px=(100, 100, 250, 400))
    back = sighting(
        (0.1, 0.0, 0.75), (0.45, 0.1, 0.3), number=1, confidence=0.6, box_px=(110, 100, 240, 220)
    )
    assert find_repeats([back, whole], labels) == {0: 1}


def test_a_chair_seen_through_the_back_of_another_is_no_repeat() -> None:
    labels = LabelTable()
    labels.id_of("chair")
    near = sighting((0.0, 0.0, 0.45), box_px=(100, 100, 250, 400))
    far = sighting((1.5, 0.0, 0.45), number=1, box_px=(140, 120, 230, 300))
    assert find_repeats([near, far], labels) == {}
    table = sighting((0.0, 0.0, 0.45), number=1, label_id=labels.id_of("dining table"))
    assert find_repeats([near, table], labels) == {}


def test_another_track_is_no_repeat() -> None:
    labels = LabelTable()
    labels.id_of("chair")
    first = sighting((0.0, 0.0, 0.45), track="a")
    assert find_repeats([first, replace(first, track="b")], labels) == {}


def test_repeated_views_tell_less_than_new_ones() -> None:
    belief = Belief(1, EntityKind.FURNITURE, {0: 0.0}, 0, 0)
    belief.note_sighting(sighting((0.0, 0.0, 0.45)), 1, 2)
    again = sighting((0.0, 0.0, 0.45), box_px=(101, 100, 201, 300), eye=(-2.0, 0.01, 1.2))
    aside = sighting((0.0, 0.0, 0.45), box_px=(150, 100, 250, 300), eye=(-1.8, 0.5, 1.2))
    assert belief.novelty(again) == LEAST_NOVELTY
    assert belief.novelty(aside) == 1.0


def test_a_large_thing_keeps_all_its_parts_however_often_one_is_seen() -> None:
    seen = ObservationSet()
    for number in range(200):
        seen.add(sighting((0.0, 0.0, 0.4), (1.2, 0.9, 0.1), number=number), is_large=True)
    for number in range(200, 260):
        along = (number - 200) / 50
        seen.add(sighting((along, 0.0, 0.4), (1.2, 0.9, 0.1), number=number), is_large=True)
    _, box = seen.summary(is_large=True, is_latest=False)
    assert seen.count == CAPACITY
    assert seen.rows[:CAPACITY, 13].sum() == 260
    assert box[3] == pytest.approx(2.1, abs=0.4)


def test_one_monster_among_many_does_not_make_a_thing_large() -> None:
    seen = ObservationSet()
    for number in range(30):
        seen.add(sighting((0.0, 0.0, 0.45), number=number), is_large=True)
    seen.add(sighting((0.5, 0.0, 0.45), (3.0, 0.5, 0.9), number=99), is_large=True)
    _, box = seen.summary(is_large=True, is_latest=False)
    assert box[3] == pytest.approx(0.5, abs=0.01)


def test_supported_end_skips_what_few_reach() -> None:
    values, counts = np.array([1.0, 5.0, 2.0]), np.array([10.0, 1.0, 3.0])
    assert supported_end(values, counts, 0.0) == 5.0
    assert supported_end(values, counts, 1.0) == 2.0
    assert supported_end(values, counts, 99.0) == 1.0
