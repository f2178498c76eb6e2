"""Depth codecs are exact for any content, and refuse bytes that are not theirs."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from embodied_mem.errors import InputError, JournalCorruptError
from embodied_mem.journal.bench import measure_depth_codecs
from embodied_mem.journal.depth_codec import (
    CODECS,
    DEFAULT_CODEC,
    DepthCodec,
    decode_depth,
    encode_depth,
    find_codec,
)

HEADER = struct.Struct("<3sBIII")
EVERY_CODEC = pytest.mark.parametrize("codec", CODECS.values(), ids=list(CODECS))

ANY_DEPTH = st.one_of(
    hnp.arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 9))),
    # Runs of the same values, as real images have them.
    hnp.arrays(
        np.uint16,
        st.tuples(st.integers(1, 24), st.integers(1, 40)),
        elements=st.sampled_from([0, 1, 2, 800, 801, 32767, 32768, 65534, 65535]),
        fill=st.sampled_from([0, 800, 65535]),
    ),
)


def scene(height: int = 120, width: int = 160) -> np.ndarray:
    """A tilted plane with a hole, noise and an edge."""
    v, u = np.mgrid[:height, :width]
    depth = 900 + 3 * v + u // 4 + np.random.default_rng(1).integers(0, 3, (height, width))
    depth[30:60, 40:90] = 4000
    depth[50:80, 20:60] = 0
    return np.asarray(depth, np.uint16)


@EVERY_CODEC
@settings(max_examples=60, deadline=None)
@given(depth=ANY_DEPTH)
def test_decoding_gives_back_any_image(codec: DepthCodec, depth: np.ndarray) -> None:
    decoded = codec.decode(codec.encode(depth))
    assert decoded.dtype == np.uint16
    np.testing.assert_array_equal(decoded, depth)


@EVERY_CODEC
@pytest.mark.parametrize(
    "depth",
    [
        np.zeros((480, 640), np.uint16),
        np.full((33, 17), 65535, np.uint16),
        np.random.default_rng(0).integers(0, 65536, (101, 67)).astype(np.uint16),
        np.tile(np.array([0, 65535], np.uint16), (64, 50)),
        np.tile(np.array([[1, 65535]], np.uint16), (64, 50)),
        np.array([[7]], np.uint16),
        np.arange(65536, dtype=np.uint16).reshape(256, 256),
        scene(),
        scene()[::2, ::3],
        np.asfortranarray(scene()),
    ],
    ids=[
        "zeros",
        "all 65535",
        "noise",
        "alternating 0",
        "alternating 1",
        "one pixel",
        "every value",
        "scene",
        "strided",
        "column-major",
    ],
)
def test_decoding_gives_back_hard_images(codec: DepthCodec, depth: np.ndarray) -> None:
    np.testing.assert_array_equal(codec.decode(codec.encode(depth)), depth)


@EVERY_CODEC
def test_bytes_describe_themselves(codec: DepthCodec) -> None:
    np.testing.assert_array_equal(decode_depth(encode_depth(scene(), codec.name)), scene())


def test_codec_numbers_are_those_of_written_files() -> None:
    assert {name: codec.number for name, codec in CODECS.items()} == {
        "png": 1,
        "rvl": 2,
        "rvl_zlib": 3,
        "delta_zlib": 4,
        "vertical_zlib": 5,
    }


def test_auto_is_the_default_codec() -> None:
    assert find_codec("auto") is CODECS[DEFAULT_CODEC]


def test_unknown_codec_name_is_refused() -> None:
    with pytest.raises(InputError, match="one of png, rvl"):
        find_codec("webp")


@EVERY_CODEC
@pytest.mark.parametrize(
    "depth", [np.zeros((4, 4), np.float32), np.zeros((4, 4, 1), np.uint16), np.zeros((0, 4), "u2")]
)
def test_what_is_no_depth_image_is_refused(codec: DepthCodec, depth: np.ndarray) -> None:
    with pytest.raises(InputError, match="depth must be"):
        codec.encode(depth)


@EVERY_CODEC
def test_every_truncation_is_refused(codec: DepthCodec) -> None:
    data = codec.encode(scene(20, 30))
    for length in range(len(data)):
        with pytest.raises(JournalCorruptError):
            decode_depth(data[:length])


@EVERY_CODEC
@settings(max_examples=40, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_any_changed_byte_is_refused(codec: DepthCodec, place: float, flip: int) -> None:
    depth = scene(20, 30)
    data = bytearray(codec.encode(depth))
    data[int(place * len(data))] ^= flip
    with pytest.raises(JournalCorruptError):
        codec.decode(bytes(data))


@EVERY_CODEC
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_hostile_payloads_with_a_valid_checksum_never_crash(
    codec: DepthCodec, data: st.DataObject
) -> None:
    """The checksum does not protect against intent: the decoders themselves must hold."""
    payload = bytearray(codec.encode(scene(12, 16))[HEADER.size :])
    height, width = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    if codec.name != "png" and data.draw(st.booleans()):
        payload = bytearray(data.draw(st.binary(max_size=200)))
        if codec.name.endswith("zlib") and data.draw(st.booleans()):
            payload = bytearray(zlib.compress(bytes(payload)))
    for _ in range(data.draw(st.integers(0, 3))):
        if payload:
            payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    header = HEADER.pack(b"EMD", codec.number, height, width, zlib.crc32(payload))
    try:
        decoded = codec.decode(header + bytes(payload))
    except JournalCorruptError:
        return
    assert decoded.shape == (height, width)
    assert decoded.dtype == np.uint16


@pytest.mark.parametrize(("height", "width"), [(0, 5), (2**31, 2**31), (2**32 - 1, 1)])
def test_impossible_sizes_are_refused_before_memory_is_taken(height: int, width: int) -> None:
    header = HEADER.pack(b"EMD", 2, height, width, zlib.crc32(b""))
    with pytest.raises(JournalCorruptError, match="size"):
        decode_depth(header)


def test_deflated_bombs_are_refused() -> None:
    bomb = zlib.compress(bytes(50_000_000), 1)
    for number in (3, 4, 5):
        header = HEADER.pack(b"EMD", number, 8, 8, zlib.crc32(bomb))
        with pytest.raises(JournalCorruptError, match="inflate"):
            decode_depth(header + bomb)


def test_bytes_of_a_newer_version_are_refused() -> None:
    with pytest.raises(JournalCorruptError, match="99 is unknown; upgrade"):
        decode_depth(HEADER.pack(b"EMD", 99, 2, 2, zlib.crc32(b"")))


def test_measuring_covers_every_codec() -> None:
    measurements = measure_depth_codecs([scene(), scene()[:, ::-1]])
    assert [m.codec for m in measurements] == list(CODECS)
    assert all(m.compression_ratio > 1 and m.encode_cpu_ms >= 0 for m in measurements)
