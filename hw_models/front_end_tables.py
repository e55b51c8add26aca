"""The constants of a front end's integer arithmetic, as the reference and the C read them."""

from dataclasses import dataclass
from functools import lru_cache
from math import floor, log2

import numpy as np
from numpy.typing import NDArray

from hw_models.front_end import FrontEnd

__all__ = [
    "LOG_BITS",
    "LOG_STEPS",
    "TABLE_BITS",
    "TWIDDLE_BITS",
    "WINDOW_BITS",
    "FrontEndTables",
    "cosines",
    "front_end_tables",
    "mel_filters",
]

WINDOW_BITS = 15
TWIDDLE_BITS = 14
"""So that 1 is a number of 16 bits, and a sum of products one of 32."""

WEIGHT_BITS = 8
TABLE_BITS = 14
LOG_STEPS = 32
LOG_BITS = 9
"""Fraction bits of a logarithm."""

SAMPLE_BITS = 15
COSINE_BITS_MAX = 14


@dataclass(frozen=True)
class FrontEndTables:
    """Integers.

    Args:
        window: uint16 (window,), 2**15 times the weights.
        twiddles: int16 (points / 2, 2), 2**14 times cosine and minus sine of the angles
            2 pi k / points.
        first_bin: Of the lowest edge.
        segments: uint8 (bands + 1,), bins between each two edges.
        weights: uint8 (sum of the segments,), 256 times how far a bin lies up from the edge below
            it to the one above; the bin counts so much for the triangle that peaks there, and the
            rest of 256 for the one that peaks below.
        logs: uint16 (33,), 2**14 log2(1 + i / 32).
        offset: What is added to a logarithm of the integer sums, in 2**-14 octaves.
        cosines: int16 (coefficients, bands), None for log-mel.
        shift: Right shift of the sum of logarithms times cosines.
    """

    window: NDArray[np.uint16]
    twiddles: NDArray[np.int16]
    first_bin: int
    segments: NDArray[np.uint8]
    weights: NDArray[np.uint8]
    logs: NDArray[np.uint16]
    offset: int
    cosines: NDArray[np.int16] | None
    shift: int


@lru_cache(maxsize=64)
def front_end_tables(front_end: FrontEnd) -> FrontEndTables:
    """The tables of a front end; its statistics play no part."""
    angles = 2 * np.pi / front_end.points * np.arange(front_end.points // 2)
    twiddles = np.stack([np.cos(angles), -np.sin(angles)], axis=1)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi / front_end.window * np.arange(front_end.window))
    logs = np.log2(1 + np.arange(LOG_STEPS + 1) / LOG_STEPS)
    octaves = -log2(front_end.floor) - 2 * SAMPLE_BITS - WEIGHT_BITS
    matrix, shift = _integer_cosines(front_end)
    return FrontEndTables(
        window=_round(hann, WINDOW_BITS).astype(np.uint16),
        twiddles=_round(twiddles, TWIDDLE_BITS).astype(np.int16),
        first_bin=int(front_end.first_bins[0]),
        segments=np.array(front_end.segments, dtype=np.uint8),
        weights=_weights(front_end),
        logs=_round(logs, TABLE_BITS).astype(np.uint16),
        offset=round(octaves * (1 << TABLE_BITS)),
        cosines=matrix,
        shift=shift,
    )


def mel_filters(front_end: FrontEnd) -> NDArray[np.float64]:
    """(points / 2 + 1, bands) triangles, as real numbers."""
    edges = front_end.edges_hz
    bins = np.arange(front_end.points // 2 + 1)[:, None] * front_end.rate_hz / front_end.points
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0.0, np.minimum(rising, falling))


def cosines(front_end: FrontEnd) -> NDArray[np.float64]:
    """(bands, coefficients) orthonormal DCT-II, as real numbers."""
    bands, count = front_end.bands, front_end.coefficients
    angles = np.pi / bands * (np.arange(bands) + 0.5)[:, None] * np.arange(count)
    scale = np.full(count, np.sqrt(2 / bands))
    scale[0] = np.sqrt(1 / bands)
    result: NDArray[np.float64] = np.cos(angles) * scale
    return result


def _round(values: NDArray[np.float64], bits: int) -> NDArray[np.int64]:
    return np.floor(values * (1 << bits) + 0.5).astype(np.int64)


def _weights(front_end: FrontEnd) -> NDArray[np.uint8]:
    edges = np.repeat(front_end.edges_hz[:-1], front_end.segments)
    widths = np.repeat(np.diff(front_end.edges_hz), front_end.segments)
    first, last = int(front_end.first_bins[0]), int(front_end.first_bins[-1])
    frequencies = np.arange(first, last) * front_end.rate_hz / front_end.points
    up = _round((frequencies - edges) / widths, WEIGHT_BITS)
    return np.clip(up, 0, (1 << WEIGHT_BITS) - 1).astype(np.uint8)


def _integer_cosines(front_end: FrontEnd) -> tuple[NDArray[np.int16] | None, int]:
    """As many fraction bits as keep sums within 31 bits and coefficients within 15."""
    if front_end.kind == "log-mel":
        return None, 0
    matrix = cosines(front_end).T
    largest = front_end.largest_log * float(np.abs(matrix).sum(axis=1).max())
    room = log2(largest) + 0.01
    bits = min(COSINE_BITS_MAX, floor(30.9 - LOG_BITS - room))
    kept = floor(15 - room)
    return _round(matrix, bits).astype(np.int16), bits + LOG_BITS - kept
