"""Reading ahead changes when items are computed, nothing else."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator

import pytest

from embodied_mem.envs.recordings import prefetch
from embodied_mem.errors import InputError


class Source:
    """Counts what it gave, can fail, and notes where it was closed."""

    def __init__(self, item_count: int, *, fail_at: int | None = None) -> None:
        self.item_count, self.fail_at = item_count, fail_at
        self.given_count = 0
        self.closed_in: threading.Thread | None = None

    def __iter__(self) -> Iterator[int]:
        try:
            for item in range(self.item_count):
                if item == self.fail_at:
                    raise ValueError(f"item {item}")
                self.given_count += 1
                yield item
        finally:
            self.closed_in = threading.current_thread()


def _prefetch_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "prefetch"]


def _wait_until_given(source: Source, count: int) -> None:
    deadline = time.monotonic() + 5
    while source.given_count < count and time.monotonic() < deadline:
        time.sleep(0.001)


@pytest.mark.parametrize("depth", [1, 4, 100])
@pytest.mark.parametrize("item_count", [0, 1, 5, 50])
def test_same_items_in_the_same_order(item_count: int, depth: int) -> None:
    assert list(prefetch(Source(item_count), depth)) == list(range(item_count))
    assert not _prefetch_threads()


def test_exception_comes_after_the_items_before_it() -> None:
    items = prefetch(Source(9, fail_at=3), depth=8)
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="item 3"):
        next(items)
    assert list(items) == []
    assert not _prefetch_threads()


def test_reads_ahead_by_depth_and_no_further() -> None:
    source = Source(100)
    items = prefetch(source, depth=3)
    next(items)
    _wait_until_given(source, 4)
    time.sleep(0.02)
    assert source.given_count == 4
    items.close()  # type: ignore[attr-defined]


def test_thread_ends_and_closes_the_source_when_the_consumer_closes() -> None:
    source = Source(10**9)
    items = prefetch(source)
    next(items)
    (thread,) = _prefetch_threads()
    items.close()  # type: ignore[attr-defined]
    assert not thread.is_alive()
    assert source.closed_in is thread


def test_thread_ends_when_the_consumer_drops_the_iterator() -> None:
    for item in prefetch(Source(10**9)):
        if item == 5:
            break
    gc.collect()
    assert not _prefetch_threads()


def test_thread_ends_when_the_consumer_fails() -> None:
    def consume() -> None:
        for item in prefetch(Source(10**9)):
            if item == 5:
                raise RuntimeError("consumer")

    with pytest.raises(RuntimeError, match="consumer"):
        consume()
    gc.collect()
    assert not _prefetch_threads()


def test_no_thread_before_the_first_item() -> None:
    items = prefetch(Source(3))
    assert not _prefetch_threads()
    del items


def test_depth_below_one_is_refused_at_the_call() -> None:
    with pytest.raises(InputError, match="at least 1"):
        prefetch(Source(1), depth=0)
