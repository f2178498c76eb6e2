"""Read ahead in a thread: while the consumer works on a frame, the next ones are decoded.

OpenCV releases the interpreter lock while it decodes, so one thread hides most of the reading.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ...errors import InputError

T = TypeVar("T")


@dataclass(frozen=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True)
class _End:
    error: BaseException | None


def prefetch(iterator: Iterable[T], depth: int = 4) -> Iterator[T]:
    """The same items in the same order, computed up to `depth` ahead in one background thread.

    An exception of the source is raised at its place in the order, after the items before it. The
    thread starts with the first item asked for. It ends with the source, or when the consumer
    closes or drops the returned generator; the source is closed in that thread.

    Raises:
        InputError: `depth` below 1 (at the call).
    """
    if depth < 1:
        raise InputError(f"depth must be at least 1, got {depth}")
    return _consume(iterator, depth)


def _consume(source: Iterable[T], depth: int) -> Iterator[T]:
    results: queue.SimpleQueue[_Item[T] | _End] = queue.SimpleQueue()
    free_slots = threading.Semaphore(depth)
    has_stopped = threading.Event()
    worker = threading.Thread(
        target=_produce,
        args=(source, results, free_slots, has_stopped),
        name="prefetch",
        daemon=True,
    )
    worker.start()
    try:
        while True:
            result = results.get()
            if isinstance(result, _End):
                if result.error is not None:
                    raise result.error
                return
            free_slots.release()
            yield result.value
    finally:
        has_stopped.set()
        free_slots.release()
        worker.join()


def _produce(
    source: Iterable[T],
    results: queue.SimpleQueue[_Item[T] | _End],
    free_slots: threading.Semaphore,
    has_stopped: threading.Event,
) -> None:
    error: BaseException | None = None
    try:
        iterator = iter(source)
        try:
            while True:
                free_slots.acquire()
                if has_stopped.is_set():
                    break
                try:
                    value = next(iterator)
                except StopIteration:
                    break
                results.put(_Item(value))
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
    except BaseException as caught:
        error = caught
    results.put(_End(error))
