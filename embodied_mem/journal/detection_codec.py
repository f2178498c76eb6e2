"""Instance masks and embedding vectors as the journal keeps them."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, JournalCorruptError

MASK_CODEC = "bits_zlib"
EMBEDDING_CODEC = "float32"
MAX_MASK_PIXELS = 1 << 26
_SIZE = struct.Struct("<II")


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """(H, W) bool as its size and deflated bits."""
    if mask.ndim != 2 or mask.dtype != np.bool_ or mask.size > MAX_MASK_PIXELS:
        raise InputError(f"a mask must be (H, W) bool, got {mask.shape} {mask.dtype}")
    return _SIZE.pack(*mask.shape) + zlib.compress(np.packbits(mask).tobytes(), 1)


def decode_mask(data: bytes) -> NDArray[np.bool_]:
    """The inverse of `encode_mask`.

    Raises:
        JournalCorruptError: truncated or damaged bytes.
    """
    if len(data) < _SIZE.size:
        raise JournalCorruptError(f"an encoded mask needs {_SIZE.size} bytes, got {len(data)}")
    height, width = _SIZE.unpack_from(data)
    byte_count = (height * width + 7) // 8
    if height * width > MAX_MASK_PIXELS:
        raise JournalCorruptError(f"an encoded mask claims {width}x{height} pixels")
    try:
        bits = zlib.decompressobj().decompress(data[_SIZE.size :], byte_count + 1)
    except zlib.error as error:
        raise JournalCorruptError(f"an encoded mask does not inflate: {error}") from error
    if len(bits) != byte_count:
        raise JournalCorruptError(f"an encoded mask holds {len(bits)} bytes, expected {byte_count}")
    flat = np.unpackbits(np.frombuffer(bits, np.uint8), count=height * width)
    return flat.reshape(height, width).astype(np.bool_)


def encode_embedding(embedding: NDArray[np.float32]) -> bytes:
    """(D,) float32 as its little-endian bytes."""
    if embedding.ndim != 1 or embedding.dtype != np.float32:
        raise InputError(f"an embedding must be (D,) float32, got {embedding.shape}")
    return embedding.astype("<f4").tobytes()


def decode_embedding(data: bytes) -> NDArray[np.float32]:
    """The inverse of `encode_embedding`."""
    if len(data) % 4:
        raise JournalCorruptError(f"an embedding comes in 4-byte floats, got {len(data)} bytes")
    return np.frombuffer(data, "<f4").astype(np.float32)
