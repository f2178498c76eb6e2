"""Cuts a stream of feature vectors into segments, online: where it surprises, or at a fixed length.

EM-LLM (arXiv 2407.09450, section 3.2) starts an event where surprise exceeds the mean plus gamma standard
deviations of a window before it. A language model's surprise is its loss; ours is the error of a
prediction of the next feature vector. EM-LLM's refinement of borders by graph modularity is not here.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import deque
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, InputError, StampError

_STATE_VERSION = 1
_NO_STAMP = np.iinfo(np.int64).min


class Segmenter(Protocol):
    """Sees a stream item by item and says where segments start."""

    def add(self, stamp_ns: int, vector: NDArray[np.floating]) -> bool:
        """True if this item starts a segment; the first item always does.

        Raises:
            StampError: a stamp before the last one; call `end_segment` when a session begins.
        """
        ...

    def end_segment(self) -> None:
        """The next item starts a segment, whatever it is and whenever (a new session began)."""
        ...

    def to_bytes(self) -> bytes:
        """The state in the middle of a stream; equal states give equal bytes."""
        ...

    def load_bytes(self, data: bytes) -> None:
        """Go on where `to_bytes` was called; the options must be those of then."""
        ...

    def digest(self) -> str: ...


class FixedSegmenter:
    """A segment every `length` items (HCAM's chunks); vectors are not looked at."""

    def __init__(self, *, length: int = 32) -> None:
        if length < 1:
            raise InputError(f"length must be 1 or more items, got {length}")
        self._length = length
        self._item_count = 0
        self._last_stamp_ns = _NO_STAMP

    def add(self, stamp_ns: int, vector: NDArray[np.floating]) -> bool:
        _check_stamp(stamp_ns, self._last_stamp_ns)
        self._last_stamp_ns = stamp_ns
        is_start = self._item_count in (0, self._length)
        self._item_count = 1 if is_start else self._item_count + 1
        return is_start

    def end_segment(self) -> None:
        self._item_count, self._last_stamp_ns = 0, _NO_STAMP

    def to_bytes(self) -> bytes:
        return _packed(counts=np.array([self._item_count, self._last_stamp_ns, self._length]))

    def load_bytes(self, data: bytes) -> None:
        counts = _unpacked(data, "counts")[0]
        if len(counts) != 3 or counts[2] != self._length:
            raise InputError(
                f"this state is of another segmenter than one of length {self._length}: {counts}"
            )
        self._item_count, self._last_stamp_ns = int(counts[0]), int(counts[1])

    def digest(self) -> str:
        return hashlib.blake2b(self.to_bytes(), digest_size=16).hexdigest()


class SurpriseSegmenter:
    """A segment starts where the next vector is predicted badly, within bounds of length.

    Surprise is 1 - cosine of the vector with its prediction, in [0, 2]. The window slides over the
    whole stream and does not restart with a segment.
    """

    def __init__(
        self,
        *,
        gamma: float = 1.0,
        window: int = 64,
        min_length: int = 8,
        max_length: int = 128,
        prediction: str = "previous",
        min_surprise: float = 1e-3,
        max_gap_s: float | None = None,
    ) -> None:
        """
        Args:
            gamma: standard deviations above the window's mean surprise.
            window: surprises before this item that set the threshold.
            min_length, max_length: items of a segment; the last one of a stream may be shorter, as
                may one that a gap or `end_segment` cuts.
            prediction: 'previous' vector, or 'mean' of the segment so far.
            min_surprise: never a border below it; without it rounding noise would cut a still scene.
            max_gap_s: a longer pause starts a segment too; None for never.
        """
        if prediction not in ("previous", "mean"):
            raise ConfigError(f"prediction must be 'previous' or 'mean', got '{prediction}'")
        if not (1 <= min_length <= max_length and window >= 2):
            raise InputError(
                "lengths must satisfy 1 <= min_length <= max_length, and window >= 2, got "
                f"{min_length}, {max_length}, {window}"
            )
        self._gamma = gamma
        self._min_length, self._max_length = min_length, max_length
        self._prediction = prediction
        self._min_surprise = min_surprise
        self._max_gap_ns = None if max_gap_s is None else max_gap_s * 1e9
        self._surprises: deque[float] = deque(maxlen=window)
        self._expected: NDArray[np.float64] = np.zeros(0)
        """Direction of the prediction: the last unit vector, or the sum over the segment."""
        self._item_count = 0
        self._last_stamp_ns = _NO_STAMP

    def add(self, stamp_ns: int, vector: NDArray[np.floating]) -> bool:
        """True if this item starts a segment; the first item always does.

        Args:
            vector: (D,) finite, of any length; a zero vector is as far as a right angle.
        """
        unit = self._checked_unit(stamp_ns, vector)
        surprise = _cosine_distance(unit, self._expected) if len(self._expected) else None
        is_start = self._is_start(stamp_ns, surprise)
        if surprise is not None:
            self._surprises.append(surprise)
        if self._prediction == "previous" or is_start:
            self._expected = unit
        else:
            self._expected = self._expected + unit
        self._item_count = 1 if is_start else self._item_count + 1
        self._last_stamp_ns = stamp_ns
        return is_start

    def end_segment(self) -> None:
        self._item_count, self._last_stamp_ns = 0, _NO_STAMP
        self._expected = np.zeros(0)

    def to_bytes(self) -> bytes:
        return _packed(
            counts=np.array([self._item_count, self._last_stamp_ns]),
            surprises=np.array(self._surprises, np.float64),
            expected=self._expected,
        )

    def load_bytes(self, data: bytes) -> None:
        counts, surprises, expected = _unpacked(data, "counts", "surprises", "expected")
        if len(counts) != 2 or len(surprises) > (self._surprises.maxlen or 0):
            raise InputError("this state is of another segmenter, or of one with a longer window")
        self._item_count, self._last_stamp_ns = int(counts[0]), int(counts[1])
        self._surprises = deque(surprises.tolist(), maxlen=self._surprises.maxlen)
        self._expected = expected

    def digest(self) -> str:
        return hashlib.blake2b(self.to_bytes(), digest_size=16).hexdigest()

    def _checked_unit(self, stamp_ns: int, vector: NDArray[np.floating]) -> NDArray[np.float64]:
        _check_stamp(stamp_ns, self._last_stamp_ns)
        values = np.asarray(vector, np.float64)
        if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
            raise InputError(f"vector must be (D,) and finite, got shape {values.shape}")
        if len(self._expected) not in (0, len(values)):
            raise InputError(
                f"vector must have {len(self._expected)} values as those before, got {len(values)}"
            )
        norm = float(np.linalg.norm(values))
        return values / norm if norm > 0 else values

    def _is_start(self, stamp_ns: int, surprise: float | None) -> bool:
        if self._item_count in (0, self._max_length) or surprise is None:
            return True
        if self._max_gap_ns is not None and stamp_ns - self._last_stamp_ns > self._max_gap_ns:
            return True
        if self._item_count < self._min_length or len(self._surprises) < 2:
            return False
        past = np.array(self._surprises)
        threshold = float(past.mean() + self._gamma * past.std())
        return surprise > max(threshold, self._min_surprise)


def segment_offsets(
    segmenter: Segmenter, stamps_ns: NDArray[np.int64], vectors: NDArray[np.floating]
) -> NDArray[np.int64]:
    """(C + 1,) so that segment c holds items offsets[c] to offsets[c + 1] of a whole stream.

    Args:
        vectors: (N, D) float.
    """
    starts = [
        number
        for number, (stamp_ns, vector) in enumerate(zip(stamps_ns.tolist(), vectors, strict=True))
        if segmenter.add(stamp_ns, vector)
    ]
    if starts[:1] not in ([], [0]):  # a segmenter that was in the middle of a segment
        starts = [0, *starts]
    return np.array([*starts, len(stamps_ns)] if starts else [0], np.int64)


def make_segmenter(
    name: str, *, min_length: int = 8, max_length: int = 128, gamma: float = 1.0
) -> Segmenter:
    """'surprise' with these bounds, or 'fixed' with `max_length` items each.

    Raises:
        ConfigError: another name.
    """
    if name == "surprise":
        return SurpriseSegmenter(gamma=gamma, min_length=min_length, max_length=max_length)
    if name == "fixed":
        return FixedSegmenter(length=max_length)
    raise ConfigError(f"the segmenter must be 'surprise' or 'fixed', got '{name}'")


def _cosine_distance(unit: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    norm = float(np.linalg.norm(expected))
    return 1.0 - float(unit @ expected) / norm if norm > 0 else 1.0


def _check_stamp(stamp_ns: int, last_stamp_ns: int) -> None:
    if stamp_ns < last_stamp_ns:
        raise StampError(
            f"stamp {stamp_ns} lies before {last_stamp_ns}; call end_segment() between sessions"
        )


def _packed(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, version=np.array([_STATE_VERSION]), **arrays)
    return buffer.getvalue()


def _unpacked(data: bytes, *names: str) -> list[NDArray[Any]]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as state:
            if int(state["version"][0]) != _STATE_VERSION:
                raise InputError(
                    f"stored segmenter has version {state['version'][0]}, not {_STATE_VERSION}"
                )
            return [state[name] for name in names]
    except (KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"these bytes hold no such segmenter: {error}") from error
