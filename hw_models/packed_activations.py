"""Tensors of 4 bits as the bytes that lie in the arena; the layout is that of dse_strips.h."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["pack_s4", "unpack_s4"]

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
