"""Weight levels: the integers that each format can store, and how rows of them are packed.

Power-of-two levels (S3, arXiv 2107.03453) are 0 and ±2**0 to ±2**(2**(bits - 1) - 2). Their code
is a sign bit over a magnitude: 0 for 0, else 1 + exponent. All of them fit int8, so that the
kernels expand a row to bytes and multiply as for s8. p2 has the three levels of s2 and is stored
as s2; only its training is its own.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw_models.layer import WEIGHT_BITS, WeightFormat

__all__ = [
    "is_power_of_two",
    "level_bounds",
    "level_table",
    "looked_up_bytes",
    "nearest_levels",
    "pack_levels",
    "packed_row_bytes",
    "stored_format",
    "unpack_levels",
    "weight_values",
]

GROUP = 8
"""Columns of a packed group of p3 and p4 rows."""

Integers = NDArray[np.signedinteger[Any]]


def is_power_of_two(weight_format: WeightFormat) -> bool:
    """Whether the levels are 0 and signed powers of two."""
    return weight_format in ("p4", "p3", "p2")


def stored_format(weight_format: WeightFormat) -> WeightFormat:
    """The format whose packing and kernel serve: s2 for p2, else its own."""
    return "s2" if weight_format == "p2" else weight_format


def weight_values(weight_format: WeightFormat) -> tuple[int, ...]:
    """All levels in rising order.

    >>> weight_values("p3")
    (-4, -2, -1, 0, 1, 2, 4)
    """
    if weight_format == "xnor":
        return (-1, 1)
    if is_power_of_two(weight_format):
        above = [1 << exponent for exponent in range((1 << (WEIGHT_BITS[weight_format] - 1)) - 1)]
    else:
        above = list(range(1, 1 << (WEIGHT_BITS[weight_format] - 1)))
    return (*(-value for value in reversed(above)), 0, *above)


def level_bounds(weight_format: WeightFormat) -> tuple[int, int]:
    """Smallest and largest weight level: symmetric, so that s2 is ternary."""
    values = weight_values(weight_format)
    return values[0], values[-1]


def nearest_levels(ratios: NDArray[np.floating[Any]], weight_format: WeightFormat) -> Integers:
    """Real multiples of the scale to the nearest level, int64."""
    values = np.array(weight_values(weight_format))
    between = (values[1:] + values[:-1]) / 2
    nearest: Integers = values[np.searchsorted(between, ratios)]
    return nearest


def packed_row_bytes(columns: int, weight_format: WeightFormat) -> int:
    """Bytes of one packed row: s8 as it is, p3 whole groups of three bytes, else whole words."""
    if weight_format == "s8":
        return columns
    if weight_format == "p3":
        return -(-columns // GROUP) * 3
    return (columns * WEIGHT_BITS[weight_format] + 31) // 32 * 4


def looked_up_bytes(columns: int, weight_format: WeightFormat) -> int:
    """Bytes of a pair of rows of p4 or p3 in the layout of dse_look_dsp.h."""
    groups = -(-columns // 4)
    return 4 * groups if weight_format == "p4" else groups // 4 * 12 + groups % 4 * 4


def pack_levels(levels: Integers, weight_format: WeightFormat) -> NDArray[np.uint8]:
    """Pack rows of weight levels as a little-endian stream, first column in the lowest bits.

    xnor stores bit 1 for +1 and bit 0 for -1; padding bits are 0 in every format.

    Args:
        levels: (rows, columns) integers among `weight_values`.
        weight_format: How to store them.

    Returns:
        (rows, packed_row_bytes) uint8.
    """
    rows, columns = levels.shape
    if weight_format == "s8":
        return levels.astype(np.int8).view(np.uint8)
    bits = WEIGHT_BITS[weight_format]
    width = packed_row_bytes(columns, weight_format)
    codes = np.zeros((rows, width * 8 // bits), dtype=np.uint8)
    codes[:, :columns] = _codes(levels, weight_format)
    single = codes[:, :, None] >> np.arange(bits, dtype=np.uint8) & 1
    packed: NDArray[np.uint8] = np.packbits(single.reshape(rows, -1), axis=1, bitorder="little")
    return packed


def unpack_levels(
    packed: NDArray[np.uint8], columns: int, weight_format: WeightFormat
) -> NDArray[np.int8]:
    """The inverse of `pack_levels`: (rows, columns) int8."""
    if weight_format == "s8":
        return packed.view(np.int8)
    bits = WEIGHT_BITS[weight_format]
    single = np.unpackbits(packed, axis=1, bitorder="little")[:, : columns * bits]
    places = (1 << np.arange(bits)).astype(np.uint8)
    codes = (single.reshape(len(packed), columns, bits) * places).sum(axis=2)
    levels: NDArray[np.int8] = level_table(weight_format)[codes]
    return levels


def level_table(weight_format: WeightFormat) -> NDArray[np.int8]:
    """(2**bits,) the level of every code, codes that are never written included."""
    bits = WEIGHT_BITS[weight_format]
    codes = np.arange(1 << bits)
    if weight_format == "xnor":
        return (2 * codes - 1).astype(np.int8)
    half = 1 << (bits - 1)
    if not is_power_of_two(stored_format(weight_format)):
        return np.where(codes >= half, codes - 2 * half, codes).astype(np.int8)
    magnitudes = (1 << (codes % half)) >> 1
    return np.where(codes >= half, -magnitudes, magnitudes).astype(np.int8)


def _codes(levels: Integers, weight_format: WeightFormat) -> NDArray[np.uint8]:
    bits = WEIGHT_BITS[weight_format]
    codes: Integers
    if weight_format == "xnor":
        codes = (levels > 0).astype(np.int64)
    elif is_power_of_two(stored_format(weight_format)):
        magnitudes = np.frexp(np.abs(levels).astype(np.float64))[1]
        codes = magnitudes + (levels < 0) * (1 << (bits - 1))
    else:
        codes = levels & ((1 << bits) - 1)
    result: NDArray[np.uint8] = codes.astype(np.uint8)
    return result
