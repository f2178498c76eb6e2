"""Memory snapshots: laws of the store, of the cover and of its rivals; 3D-Mem's weak points."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from embodied_mem.episodic import cover_kernels
from embodied_mem.episodic.cover import greedy_cover, greedy_cover_in_bytes
from embodied_mem.episodic.divisive import FrameFinder, divisive_cover, uniform_cover
from embodied_mem.episodic.snapshots import (
    Sighting,
    Snapshot,
    SnapshotCover,
    Visibility,
    sighting_score,
)
from embodied_mem.errors import ConfigError, InputError
from embodied_mem.policies.snapshot import SNAPSHOT_POLICIES, make_snapshot_policy

SEEDS = range(12)
POLICIES = sorted(SNAPSHOT_POLICIES)
Rows = list[tuple[int, NDArray[np.int64], NDArray[np.float64]]]


def random_rows(
    rng: np.random.Generator, *, frames: int = 30, entities: int = 25, most: int = 6
) -> Rows:
    """(frame number, entity numbers, scores), frames ascending with gaps."""
    numbers = np.sort(rng.choice(4 * frames, frames, replace=False))
    rows = []
    for number in numbers.tolist():
        seen = rng.choice(entities, rng.integers(0, most + 1), replace=False)
        rows.append((number, seen, np.round(rng.uniform(0.1, 1.0, len(seen)), 1)))
    return rows


def store_of(rows: Rows) -> Visibility:
    visibility = Visibility()
    for row in rows:
        visibility.add(*row)
    return visibility


def random_store(seed: int, **sizes: int) -> Visibility:
    return store_of(random_rows(np.random.default_rng(seed), **sizes))


def as_dict(visibility: Visibility) -> dict[tuple[int, int], float]:
    return {
        (s.frame_number, s.entity_number): s.score
        for frame in visibility.rows.frames.tolist()
        for s in visibility.sightings_in(frame)
    }


def shown_by(visibility: Visibility) -> dict[int, set[int]]:
    shown: dict[int, set[int]] = {}
    for frame, entity in as_dict(visibility):
        shown.setdefault(frame, set()).add(entity)
    return shown


def check_cover(
    cover: SnapshotCover, visibility: Visibility, is_alive: NDArray[np.bool_] | None = None
) -> None:
    """Each entity has at most one owner, owned is within seen, nothing is dead, empty or doubled."""
    shown = shown_by(visibility)
    owned = [entity for snapshot in cover.snapshots for entity in snapshot.owned]
    assert len(owned) == len(set(owned)) == cover.covered_count
    assert list(cover.frame_numbers) == sorted(set(cover.frame_numbers))
    living = {e for seen in shown.values() for e in seen if is_alive is None or is_alive[e]}
    assert cover.entity_count == len(living)
    for snapshot in cover.snapshots:
        assert snapshot.owned
        assert set(snapshot.seen) == shown[snapshot.frame_number] & living
        assert set(snapshot.owned) <= set(snapshot.seen)
        assert list(snapshot.owned) == sorted(snapshot.owned)
    in_view = {e for frame in cover.frame_numbers for e in shown[frame]} & living
    assert in_view == set(owned)


# --- the store ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_additions_does_not_show(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = random_rows(rng)
    singles = [(n, e[i : i + 1], s[i : i + 1]) for n, e, s in rows for i in range(len(e))]
    shuffled = [singles[i] for i in rng.permutation(len(singles))]
    assert store_of(shuffled).digest() == store_of(rows).digest()
    assert store_of(shuffled + shuffled).digest() == store_of(rows).digest()


def test_a_pair_seen_twice_keeps_the_better_score() -> None:
    visibility = Visibility()
    visibility.add(3, [1, 2, 1], [0.25, 0.5, 0.75])
    visibility.add(1, [7], [1.0])
    visibility.add(3, [2, 0], [0.125, 0.5])
    assert visibility.sightings_in(3) == (
        Sighting(3, 0, 0.5),
        Sighting(3, 1, 0.75),
        Sighting(3, 2, 0.5),
    )
    assert visibility.rows.frames.tolist() == [1, 3]
    assert visibility.sightings_in(2) == ()


def test_sightings_of_an_entity_come_best_first() -> None:
    visibility = Visibility()
    for frame, score in ((1, 0.5), (2, 0.75), (4, 0.5)):
        visibility.add(frame, [9, 3], [score, 1.0])
    assert [s.frame_number for s in visibility.sightings_of(9)] == [2, 1, 4]
    assert visibility.sightings_of(5) == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_merge_and_forget_equal_doing_it_before(seed: int) -> None:
    visibility = random_store(seed)
    pairs = as_dict(visibility)
    old, new, gone = np.random.default_rng(seed).choice(25, 3, replace=False).tolist()
    frame = int(visibility.rows.frames[seed])
    expected: dict[tuple[int, int], float] = {}
    for (number, entity), score in pairs.items():
        entity = new if entity == old else entity
        if entity != gone and number != frame:
            expected[number, entity] = max(score, expected.get((number, entity), 0.0))
    visibility.merge(old, new)
    visibility.forget(gone)
    visibility.forget_frame(frame)
    assert as_dict(visibility) == expected
    rebuilt = Visibility.from_sightings(Sighting(f, e, s) for (f, e), s in expected.items())
    assert rebuilt.digest() == visibility.digest()


@pytest.mark.parametrize("seed", SEEDS)
def test_save_and_load_round_trip_and_go_on_alike(seed: int) -> None:
    rows = random_rows(np.random.default_rng(seed))
    visibility = store_of(rows[:15])
    loaded = Visibility()
    loaded.load_bytes(visibility.to_bytes())
    assert loaded.digest() == visibility.digest()
    assert loaded.to_bytes() == visibility.to_bytes()
    for row in rows[15:]:
        loaded.add(*row)
    assert loaded.digest() == store_of(rows).digest()


def test_growth_beyond_the_first_arrays_keeps_everything() -> None:
    visibility = random_store(0, frames=300, entities=400, most=40)
    assert visibility.frame_count > 128
    assert len(as_dict(visibility)) == visibility.sighting_count > 1024
    empty = Visibility()
    empty.load_bytes(Visibility().to_bytes())
    assert empty.digest() == Visibility().digest()


@pytest.mark.parametrize(
    ("entities", "scores", "words"),
    [
        ([1, 2], [0.5], r"must both be \(N,\)"),
        ([1], [0.0], r"scores must lie in \(0, 1\]"),
        ([1], [float("nan")], r"scores must lie in \(0, 1\]"),
        ([-1], [0.5], "must not be negative"),
        ([2**40], [0.5], "at most"),
    ],
)
def test_what_is_no_sighting_is_refused(
    entities: list[int], scores: list[float], words: str
) -> None:
    visibility = Visibility()
    with pytest.raises(InputError, match=words):
        visibility.add(0, entities, scores)
    assert visibility.frame_count == 0


def test_other_bytes_are_refused() -> None:
    for data in (b"", b"PK\x03\x04 no", b"x" * 100):
        with pytest.raises(InputError, match="hold no visibility"):
            Visibility().load_bytes(data)


def test_score_saturates_with_pixels_and_grows_with_what_is_visible() -> None:
    assert sighting_score(0.5, 0.01, saturation_share=0.02) == pytest.approx(0.25)
    assert sighting_score(0.5, 0.2) == sighting_score(0.5, 0.4) == pytest.approx(0.5)
    with pytest.raises(InputError, match="visible_share"):
        sighting_score(1.5, 0.1)


# --- every policy ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_cover_is_a_partition_of_what_its_frames_show(name: str, seed: int) -> None:
    visibility = random_store(seed)
    positions = np.random.default_rng(seed).uniform(0, 5, (25, 3))
    is_alive = np.random.default_rng(seed).random(25) < 0.7
    policy = make_snapshot_policy(name)
    for budget in (None, 0, 1, 3, 100):
        for mask in (None, is_alive):
            cover = policy.cover(visibility, positions, budget, is_alive=mask)
            check_cover(cover, visibility, mask)
            assert budget is None or len(cover.snapshots) <= budget
            assert cover == policy.cover(visibility, positions, budget, is_alive=mask)
    assert policy.cover(visibility, positions).covered_share == 1.0


@pytest.mark.parametrize("name", POLICIES)
def test_nothing_seen_gives_an_empty_cover(name: str) -> None:
    cover = make_snapshot_policy(name).cover(Visibility(), np.zeros((0, 3)), 5)
    assert cover == SnapshotCover((), 0, 0)
    assert cover.covered_share == 1.0
    assert cover.find_owner(0) is None


@pytest.mark.parametrize("name", POLICIES)
def test_a_negative_budget_and_a_short_mask_are_refused(name: str) -> None:
    visibility, positions = random_store(0), np.zeros((25, 3))
    policy = make_snapshot_policy(name)
    with pytest.raises(InputError, match="frame_budget"):
        policy.cover(visibility, positions, -1)
    with pytest.raises(InputError, match="is_alive"):
        policy.cover(visibility, positions, is_alive=np.ones(3, np.bool_))


def test_an_unknown_policy_is_named() -> None:
    with pytest.raises(ConfigError, match="greedy, divisive, uniform, got best"):
        make_snapshot_policy("best")


@pytest.mark.parametrize("name", POLICIES)
def test_a_snapshot_whose_entities_are_gone_is_dropped(name: str) -> None:
    """3D-Mem's world is static: nothing is ever retracted."""
    visibility, positions = Visibility(), np.arange(8.0).reshape(4, 2)
    visibility.add(0, [0, 1], [1.0, 1.0])
    visibility.add(1, [2, 3], [1.0, 1.0])
    policy = make_snapshot_policy(name)
    assert policy.cover(visibility, positions).frame_numbers == (0, 1)
    is_alive = np.array([False, False, True, True])
    cover = policy.cover(visibility, positions, is_alive=is_alive)
    assert cover == SnapshotCover((Snapshot(1, (2, 3), (2, 3)),), 2, 2)
    visibility.forget(0)
    visibility.forget(1)
    assert policy.cover(visibility, positions) == cover


# --- greedy ------------------------------------------------------------------------------------


def plain_greedy(
    visibility: Visibility, weights: NDArray[np.float64], frame_count: int
) -> list[int]:
    """Every gain anew in every round."""
    pairs, shown = as_dict(visibility), shown_by(visibility)
    covered: set[int] = set()
    chosen: list[int] = []
    for _ in range(frame_count):
        keys = []
        for frame in sorted(shown):
            fresh = [e for e in sorted(shown[frame] - covered) if weights[e] > 0]
            gain, score = 0.0, 0.0
            for entity in fresh:
                gain += weights[entity]
                score += weights[entity] * pairs[frame, entity]
            keys.append((-gain, -score, frame))
        if not keys or min(keys)[0] == 0:
            break
        chosen.append(min(keys)[2])
        covered |= shown[chosen[-1]]
    return chosen


def worth_of(cover: SnapshotCover, weights: NDArray[np.float64]) -> float:
    return float(sum(weights[e] for s in cover.snapshots for e in s.owned))


def best_worth(visibility: Visibility, weights: NDArray[np.float64], frame_count: int) -> float:
    shown = shown_by(visibility)
    groups = itertools.combinations(shown.values(), min(frame_count, len(shown)))
    return max(float(sum(weights[e] for e in set().union(*group))) for group in groups)


@pytest.mark.parametrize("seed", SEEDS)
def test_lazy_equals_plain_greedy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    visibility = random_store(seed, frames=60, entities=50, most=9)
    for weights in (np.ones(50), np.round(rng.uniform(0, 3, 50), 1), rng.uniform(0, 1, 50)):
        order = plain_greedy(visibility, weights, 60)
        cover = greedy_cover(visibility, weights=weights)
        assert set(cover.frame_numbers) <= set(order)
        assert worth_of(cover, weights) == pytest.approx(
            sum(weights[e] for e in visibility.entity_numbers)
        )
        assert greedy_cover(visibility, weights=weights, frame_budget=1).frame_numbers == (
            order[0],
        )
        rows, ones = visibility.rows, np.ones(visibility.frame_count)
        lazy = cover_kernels.lazy_greedy(
            rows.offsets, rows.entities, rows.scores, weights, ones, ones, np.inf
        )
        assert rows.frames[lazy].tolist() == order


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("frame_budget", [1, 2, 3, 4])
def test_greedy_reaches_its_bound_of_the_best(seed: int, frame_budget: int) -> None:
    visibility = random_store(seed, frames=11, entities=16, most=5)
    for weights in (np.ones(16), np.random.default_rng(seed).uniform(0, 5, 16)):
        cover = greedy_cover(visibility, frame_budget=frame_budget, weights=weights)
        best = best_worth(visibility, weights, frame_budget)
        assert worth_of(cover, weights) >= (1 - 1 / math.e) * best - 1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_every_snapshot_is_needed(seed: int) -> None:
    """Without any one of them the cover would be smaller."""
    visibility = random_store(seed, frames=60, entities=60, most=8)
    shown = shown_by(visibility)
    for frame_budget in (3, 10, None):
        frames = greedy_cover(visibility, frame_budget=frame_budget).frame_numbers
        for frame in frames:
            others = set().union(*(shown[other] for other in frames if other != frame))
            assert shown[frame] - others


@pytest.mark.parametrize("seed", SEEDS)
def test_more_budget_never_covers_less(seed: int) -> None:
    visibility = random_store(seed, frames=60, entities=60, most=8)
    weights = np.random.default_rng(seed).uniform(0, 1, 60)
    values = [
        worth_of(greedy_cover(visibility, frame_budget=k, weights=weights), weights)
        for k in range(60)
    ]
    assert all(b >= a - 1e-9 for a, b in itertools.pairwise(values))
    full = greedy_cover(visibility, weights=weights)
    assert greedy_cover(visibility, frame_budget=len(full.snapshots), weights=weights) == full


@pytest.mark.parametrize("seed", SEEDS)
def test_every_entity_is_owned_by_the_chosen_frame_that_shows_it_best(seed: int) -> None:
    visibility = random_store(seed)
    pairs = as_dict(visibility)
    cover = greedy_cover(visibility, frame_budget=8)
    for snapshot in cover.snapshots:
        for entity in snapshot.owned:
            rivals = [
                (-pairs[frame, entity], frame)
                for frame in cover.frame_numbers
                if (frame, entity) in pairs
            ]
            assert min(rivals)[1] == snapshot.frame_number


def test_a_frame_that_later_choices_replace_makes_room_for_another() -> None:
    visibility = Visibility()
    visibility.add(0, [0, 1, 2, 3], [0.1, 0.1, 0.1, 0.1])
    visibility.add(1, [0, 1, 4], [0.9, 0.9, 0.9])
    visibility.add(2, [2, 3, 5], [0.9, 0.9, 0.9])
    assert greedy_cover(visibility, frame_budget=2).frame_numbers == (1, 2)
    assert greedy_cover(visibility, frame_budget=2).covered_share == 1.0


def test_ties_go_to_the_better_shown_then_to_the_earlier_frame() -> None:
    visibility = Visibility()
    visibility.add(5, [0, 1], [0.5, 0.5])
    visibility.add(6, [2, 3], [0.5, 0.75])
    assert greedy_cover(visibility, frame_budget=1).frame_numbers == (6,)
    visibility.add(5, [1], [0.75])
    assert greedy_cover(visibility, frame_budget=1).frame_numbers == (5,)


def test_what_weighs_nothing_is_no_reason_for_a_frame() -> None:
    visibility = Visibility()
    visibility.add(0, [0, 1], [0.5, 0.5])
    visibility.add(1, [1, 2], [1.0, 1.0])
    cover = greedy_cover(visibility, weights=np.array([1.0, 0.0, 0.0]))
    assert cover == SnapshotCover((Snapshot(0, (0, 1), (0, 1)),), 2, 3)


@pytest.mark.parametrize(
    ("weights", "words"),
    [(np.ones(2), "must reach"), (np.full(25, -1.0), "0 or more"), (np.full(25, np.nan), "finite")],
)
def test_weights_that_are_none_are_refused(weights: NDArray[np.float64], words: str) -> None:
    with pytest.raises(InputError, match=words):
        greedy_cover(random_store(0), weights=weights)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_byte_budget_is_never_exceeded_and_reaches_its_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    visibility = random_store(seed, frames=11, entities=16, most=5)
    frames = visibility.rows.frames.tolist()
    sizes = np.round(rng.lognormal(3, 1, len(frames)))
    size_of, shown = dict(zip(frames, sizes.tolist(), strict=True)), shown_by(visibility)
    weights = rng.uniform(0, 5, 16)
    for byte_budget in (0, sizes.min(), 40, 100, 10_000):
        cover = greedy_cover_in_bytes(
            visibility, frame_bytes=sizes, byte_budget=byte_budget, weights=weights
        )
        check_cover(cover, visibility)
        assert sum(size_of[f] for f in cover.frame_numbers) <= byte_budget
        best = 0.0
        for count in range(len(frames) + 1):
            for group in itertools.combinations(frames, count):
                if sum(size_of[f] for f in group) <= byte_budget:
                    seen = set().union(*(shown[f] for f in group))
                    best = max(best, float(sum(weights[e] for e in seen)))
        assert worth_of(cover, weights) >= (1 - 1 / math.e) / 2 * best - 1e-9


def test_one_large_frame_beats_a_cheap_trap() -> None:
    """Greedy by gain per byte alone takes the cheap frame, and the good one no longer fits."""
    visibility = Visibility()
    visibility.add(0, [0], [1.0])
    visibility.add(1, list(range(1, 21)), [1.0] * 20)
    sizes = np.array([1, 100])
    cover = greedy_cover_in_bytes(visibility, frame_bytes=sizes, byte_budget=100)
    assert cover.frame_numbers == (1,)
    with pytest.raises(InputError, match="frame_bytes"):
        greedy_cover_in_bytes(visibility, frame_bytes=np.array([1, 0]), byte_budget=100)
    with pytest.raises(InputError, match="byte_budget"):
        greedy_cover_in_bytes(visibility, frame_bytes=sizes, byte_budget=-1)


# --- divisive and uniform ----------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 9])
def test_coincident_objects_do_not_loop(count: int) -> None:
    """3D-Mem's 2-means on equal centres may return an empty side again and again."""
    visibility, positions = Visibility(), np.ones((count, 3))
    for entity in range(count):
        visibility.add(entity, [entity], [1.0])
    cover = divisive_cover(visibility, positions)
    assert cover.frame_numbers == tuple(range(count))
    assert all(len(s.owned) == 1 for s in cover.snapshots)


def test_frames_are_not_duplicated() -> None:
    """A frame that wins two clusters is one snapshot that owns both."""
    visibility = Visibility()
    visibility.add(0, [0, 1, 3], [1.0, 1.0, 1.0])
    visibility.add(1, [2], [1.0])
    positions = np.array([[0.0, 0.0], [0.1, 0.0], [9.0, 0.0], [9.1, 0.0]])
    cover = divisive_cover(visibility, positions)
    assert cover.snapshots == (Snapshot(0, (0, 1, 3), (0, 1, 3)), Snapshot(1, (2,), (2,)))


def test_divisive_takes_the_frame_that_sees_most_then_the_best_shown() -> None:
    visibility, positions = Visibility(), np.zeros((5, 2))
    positions[4] = 9.0
    visibility.add(0, [0, 1], [1.0, 1.0])
    visibility.add(1, [0, 1, 2], [0.5, 0.5, 0.5])
    visibility.add(2, [0, 1, 2], [0.75, 0.5, 0.5])
    visibility.add(3, [4], [0.25])
    cover = divisive_cover(visibility, positions)
    assert cover.frame_numbers == (2, 3)
    assert cover.snapshots[0].owned == (0, 1, 2)


def test_divisive_prefers_a_frame_already_chosen() -> None:
    visibility = Visibility()
    visibility.add(0, [0, 1], [0.5, 0.5])
    visibility.add(1, [0, 1, 2], [1.0, 1.0, 1.0])
    visibility.add(2, [1, 2], [1.0, 1.0])
    finder = FrameFinder(visibility.rows, np.ones(3, np.bool_))
    for chosen, expected in (((), 1), ((0,), 0), ((2,), 1), ((0, 1), 1)):
        is_chosen = np.isin(np.arange(3), chosen)
        assert finder.find(np.array([0, 1]), is_chosen=is_chosen) == expected
    assert finder.find(np.array([0, 1, 2]), is_chosen=np.ones(3, np.bool_)) == 1


def test_a_shown_entity_without_a_position_is_refused() -> None:
    visibility = random_store(0)
    with pytest.raises(InputError, match="finite"):
        divisive_cover(visibility, np.full((25, 3), np.nan))
    with pytest.raises(InputError, match=r"\(E, 2\) or \(E, 3\)"):
        divisive_cover(visibility, np.zeros((3, 3)))


def test_uniform_takes_even_steps() -> None:
    visibility = Visibility()
    for frame in range(9):
        visibility.add(frame, [frame], [1.0])
    assert uniform_cover(visibility, frame_budget=3).frame_numbers == (0, 4, 8)
    assert uniform_cover(visibility).frame_numbers == tuple(range(9))
    assert uniform_cover(visibility, frame_budget=0).snapshots == ()
