"""Segments of a stream, and reading it in two levels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from embodied_mem.episodic.segmentation import (
    FixedSegmenter,
    Segmenter,
    SurpriseSegmenter,
    make_segmenter,
    segment_offsets,
)
from embodied_mem.episodic.two_level import chunk_means, two_level_read
from embodied_mem.errors import ConfigError, InputError, StampError

SECOND_NS = 1_000_000_000
MAKERS: dict[str, Callable[[], Segmenter]] = {
    "fixed": lambda: FixedSegmenter(length=7),
    "previous": lambda: SurpriseSegmenter(min_length=3, max_length=20, window=16),
    "mean": lambda: SurpriseSegmenter(min_length=3, max_length=20, prediction="mean"),
    "gap": lambda: SurpriseSegmenter(max_gap_s=1.5),
}
every_segmenter = pytest.mark.parametrize("name", sorted(MAKERS))


def stream(seed: int = 0, count: int = 300) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Stamps, and vectors that wander within scenes of random length and jump between them."""
    rng = np.random.default_rng(seed)
    scenes = np.repeat(np.arange(count), rng.integers(5, 40, count))[:count]
    vectors = rng.normal(size=(count, 16))[scenes] + 0.1 * rng.normal(size=(count, 16))
    return np.cumsum(rng.integers(1, 2 * SECOND_NS, count)), vectors


def starts_of(segmenter: Segmenter, seed: int = 0) -> list[bool]:
    stamps, vectors = stream(seed)
    return [segmenter.add(int(t), v) for t, v in zip(stamps, vectors, strict=True)]


# --- every segmenter ---------------------------------------------------------------------------


@every_segmenter
def test_the_first_item_starts_a_segment_and_so_does_one_after_the_end(name: str) -> None:
    segmenter, vector = MAKERS[name](), np.ones(4)
    assert [segmenter.add(t, vector) for t in range(3)] == [True, False, False]
    segmenter.end_segment()
    assert [segmenter.add(t, vector) for t in range(2)] == [True, False]


@every_segmenter
def test_a_saved_segmenter_goes_on_alike(name: str) -> None:
    stamps, vectors = stream()
    whole = starts_of(MAKERS[name]())
    for cut in (0, 1, 5, 140):
        first, second = MAKERS[name](), MAKERS[name]()
        parts = [first.add(int(stamps[i]), vectors[i]) for i in range(cut)]
        second.load_bytes(first.to_bytes())
        assert second.digest() == first.digest()
        parts += [second.add(int(stamps[i]), vectors[i]) for i in range(cut, len(stamps))]
        assert parts == whole


@every_segmenter
def test_online_equals_batch(name: str) -> None:
    stamps, vectors = stream()
    offsets = segment_offsets(MAKERS[name](), stamps, vectors)
    assert offsets.tolist() == [*np.flatnonzero(starts_of(MAKERS[name]())), len(stamps)]
    assert segment_offsets(MAKERS[name](), stamps[:0], vectors[:0]).tolist() == [0]


@every_segmenter
def test_a_stamp_that_goes_back_is_refused(name: str) -> None:
    segmenter = MAKERS[name]()
    segmenter.add(5, np.ones(3))
    with pytest.raises(StampError, match="end_segment"):
        segmenter.add(4, np.ones(3))


@every_segmenter
def test_other_bytes_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="these bytes hold no such segmenter"):
        MAKERS[name]().load_bytes(b"nothing")


# --- surprise ----------------------------------------------------------------------------------


def reference_starts(
    vectors: NDArray[np.float64], *, gamma: float, window: int, least: int, most: int
) -> list[bool]:
    """All surprises at once, then one pass over the thresholds."""
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    surprises = 1.0 - (units[1:] * units[:-1]).sum(axis=1)
    starts, length = [True], 1
    for i in range(1, len(vectors)):
        past = surprises[max(0, i - 1 - window) : i - 1]
        is_high = len(past) > 1 and surprises[i - 1] > past.mean() + gamma * past.std()
        starts.append(length == most or (length >= least and is_high))
        length = 1 if starts[-1] else length + 1
    return starts


@pytest.mark.parametrize("seed", range(6))
def test_surprise_borders_lie_where_the_window_says(seed: int) -> None:
    segmenter = SurpriseSegmenter(gamma=1.0, window=32, min_length=4, max_length=30)
    expected = reference_starts(stream(seed)[1], gamma=1.0, window=32, least=4, most=30)
    assert starts_of(segmenter, seed) == expected


@pytest.mark.parametrize("prediction", ["previous", "mean"])
def test_a_jump_between_scenes_is_a_border(prediction: str) -> None:
    rng = np.random.default_rng(1)
    scenes = np.repeat(np.eye(8)[:4], 30, axis=0) + 0.003 * rng.normal(size=(120, 8))
    segmenter = SurpriseSegmenter(prediction=prediction)
    offsets = segment_offsets(segmenter, np.arange(120), scenes)
    assert offsets.tolist() == [0, 30, 60, 90, 120]


@pytest.mark.parametrize("seed", range(4))
def test_segments_keep_their_bounds(seed: int) -> None:
    stamps, vectors = stream(seed, 1000)
    lengths = np.diff(segment_offsets(SurpriseSegmenter(), stamps, vectors))
    assert lengths.max() <= 128
    assert lengths[:-1].min() >= 8


def test_a_still_scene_is_cut_by_length_alone() -> None:
    vectors = np.tile(np.array([0.1, 0.2, 0.3]), (300, 1)) + 1e-9 * np.arange(900).reshape(300, 3)
    offsets = segment_offsets(SurpriseSegmenter(), np.arange(300), vectors)
    assert offsets.tolist() == [0, 128, 256, 300]


def test_a_pause_starts_a_segment() -> None:
    segmenter = SurpriseSegmenter(max_gap_s=2.0)
    stamps = np.array([0, 1, 2, 5, 6]) * SECOND_NS
    assert [segmenter.add(int(t), np.ones(2)) for t in stamps] == [1, 0, 0, 1, 0]


def test_vectors_are_compared_by_direction() -> None:
    stamps, vectors = stream()
    scaled = vectors * np.random.default_rng(0).uniform(0.1, 10, (len(vectors), 1))
    expected = segment_offsets(SurpriseSegmenter(), stamps, vectors).tolist()
    assert segment_offsets(SurpriseSegmenter(), stamps, scaled).tolist() == expected


def test_what_is_no_vector_is_refused() -> None:
    segmenter = SurpriseSegmenter()
    segmenter.add(0, np.ones(3))
    before = segmenter.digest()
    for vector in (np.ones(4), np.array([np.nan, 0, 0]), np.ones((1, 3)), np.ones(0)):
        with pytest.raises(InputError, match="vector must"):
            segmenter.add(1, vector)
    assert segmenter.digest() == before


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="min_length <= max_length"):
        SurpriseSegmenter(min_length=9, max_length=8)
    with pytest.raises(ConfigError, match="'previous' or 'mean'"):
        SurpriseSegmenter(prediction="next")
    with pytest.raises(InputError, match="length must be 1"):
        FixedSegmenter(length=0)
    with pytest.raises(ConfigError, match="'surprise' or 'fixed', got 'best'"):
        make_segmenter("best")
    with pytest.raises(InputError, match="of length 8"):
        FixedSegmenter(length=8).load_bytes(FixedSegmenter(length=7).to_bytes())


# --- two-level reading -------------------------------------------------------------------------


def flat_read(query: NDArray[np.float64], items: NDArray[np.float64], count: int) -> list[int]:
    scores = (items @ query) / np.linalg.norm(items, axis=1)
    return sorted(range(len(items)), key=lambda i: (-scores[i], i))[:count]


def library(seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Items, offsets (with empty chunks) and a query."""
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.integers(0, 200, 12))
    return rng.normal(size=(200, 8)), np.array([0, *cuts, cuts[-1], 200]), rng.normal(size=8)


@pytest.mark.parametrize("seed", range(6))
def test_reading_all_chunks_equals_exhaustive_search(seed: int) -> None:
    items, offsets, query = library(seed)
    keys = chunk_means(items, offsets)
    read = two_level_read(query, keys, items, offsets, chunk_count=99, item_count=10)
    assert read.items.tolist() == flat_read(query, items, 10)
    assert (np.diff(read.item_scores) <= 0).all()


@pytest.mark.parametrize("seed", range(6))
def test_no_item_comes_from_outside_the_chosen_chunks(seed: int) -> None:
    items, offsets, query = library(seed)
    keys = chunk_means(items, offsets)
    read = two_level_read(query, keys, items, offsets, chunk_count=3, item_count=1000)
    inside = [np.arange(offsets[c], offsets[c + 1]) for c in read.chunks]
    assert sorted(read.items.tolist()) == sorted(np.concatenate(inside).tolist())
    assert len(read.chunks) == 3
    assert (np.diff(read.chunk_scores) <= 0).all()
    assert (np.diff(offsets)[read.chunks] > 0).all()


def test_a_good_item_in_a_bad_chunk_is_missed_as_documented() -> None:
    items = np.array([[1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0], [0.8, 0.6], [0.8, -0.6]])
    offsets = np.array([0, 3, 5])
    keys = chunk_means(items, offsets)
    read = two_level_read(np.array([1.0, 0.0]), keys, items, offsets, chunk_count=1, item_count=5)
    assert read.chunks.tolist() == [1]
    assert read.items.tolist() == [3, 4]


def test_an_empty_stream_reads_as_nothing() -> None:
    read = two_level_read(
        np.ones(4), np.zeros((0, 4)), np.zeros((0, 4)), np.array([0]), chunk_count=2, item_count=2
    )
    assert (len(read.chunks), len(read.items)) == (0, 0)


def test_shapes_that_do_not_meet_are_refused() -> None:
    items, keys = np.ones((5, 4)), np.ones((2, 4))

    def read(query: NDArray[np.float64], offsets: list[int], count: int = 1) -> None:
        two_level_read(query, keys, items, np.array(offsets), chunk_count=count, item_count=1)

    with pytest.raises(InputError, match="same D"):
        read(np.ones(3), [0, 2, 5])
    with pytest.raises(InputError, match=r"offsets must be \(3,\)"):
        read(np.ones(4), [0, 5])
    with pytest.raises(InputError, match="from 0 to 5"):
        read(np.ones(4), [0, 2, 4])
    with pytest.raises(InputError, match="1 or more"):
        read(np.ones(4), [0, 2, 5], 0)
    with pytest.raises(InputError, match=r"query must be \(D,\)"):
        read(np.ones((1, 4)), [0, 2, 5])
