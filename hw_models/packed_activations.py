"""Tensors of 4 bits and of 1 bit as the bytes that lie in the arena.

The layouts are those of dse_strips.h and of dse_xnor.h.
"""

import numpy as np
from numpy.typing import NDArray

from hw_models.layer import WORD_BITS

__all__ = ["bit_places", "pack_b1", "pack_s4", "unpack_b1", "unpack_s4"]

_GROUP = 4


def _places(channels: int) -> tuple[list[int], list[int]]:
    """For every byte of a pixel the channel in its low half, and in its high half or -1."""
    low: list[int] = []
    high: list[int] = []
    for start in range(0, channels, _GROUP):
        count = min(_GROUP, channels - start)
        half = -(-count // 2)
        low += range(start, start + half)
        high += [start + half + j if half + j < count else -1 for j in range(half)]
    return low, high


def pack_s4(values: NDArray[np.int8]) -> NDArray[np.uint8]:
    """(..., channels) of -8 to 7 to (..., bytes of a pixel)."""
    low, high = _places(values.shape[-1])
    padded = np.concatenate([values, np.zeros_like(values[..., :1])], axis=-1)
    lower, upper = (padded[..., places].view(np.uint8) & 15 for places in (low, high))
    return (lower | upper << 4).astype(np.uint8)


def unpack_s4(packed: NDArray[np.uint8], channels: int) -> NDArray[np.int8]:
    """The inverse of `pack_s4`.

    >>> unpack_s4(pack_s4(np.array([-8, 7, 3], dtype=np.int8)), 3).tolist()
    [-8, 7, 3]
    """
    low, high = _places(channels)
    values = np.zeros((*packed.shape[:-1], channels + 1), dtype=np.int8)
    values[..., high] = packed.view(np.int8) >> 4
    values[..., low] = (packed << 4).view(np.int8) >> 4
    return np.ascontiguousarray(values[..., :channels])


def bit_places(channels: int) -> NDArray[np.intp]:
    """Which bit of a pixel's words each channel has: byte j of a word holds j, j + 4, j + 8 ...

    >>> bit_places(6).tolist()
    [0, 8, 16, 24, 1, 9]
    """
    channel = np.arange(channels)
    within = channel % WORD_BITS
    places: NDArray[np.intp] = channel - within + 8 * (within % 4) + within // 4
    return places


def pack_b1(values: NDArray[np.int8]) -> NDArray[np.uint8]:
    """(..., channels) of -1 and 1 to (..., bytes of a pixel); bits behind the channels are 0."""
    channels = values.shape[-1]
    words = -(-channels // WORD_BITS)
    bits = np.zeros((*values.shape[:-1], words * WORD_BITS), dtype=np.bool_)
    bits[..., bit_places(channels)] = values > 0
    return np.packbits(bits, axis=-1, bitorder="little")


def unpack_b1(packed: NDArray[np.uint8], channels: int) -> NDArray[np.int8]:
    """The inverse of `pack_b1`.

    >>> unpack_b1(pack_b1(np.array([-1, 1, 1], dtype=np.int8)), 3).tolist()
    [-1, 1, 1]
    """
    bits = np.unpackbits(packed, axis=-1, bitorder="little")[..., bit_places(channels)]
    return (2 * bits.astype(np.int8) - 1).astype(np.int8)
