"""Weight levels as the bytes that the kernels read; the row layouts are those of dse_kernels.h."""

import numpy as np
from numpy.typing import NDArray

from hw_models.kernels import CoreClass
from hw_models.network import WEIGHT_BITS, Layer, WeightFormat
from hw_models.weight_levels import pack_levels, packed_row_bytes, stored_format

__all__ = ["interleave", "packed_weights", "paired"]

_STEP = 4


def interleave(rows: NDArray[np.int8], weight_format: WeightFormat) -> NDArray[np.int8]:
    """Reorder the columns of 4- and 2-bit rows so that byte j of a word holds j, j + 4, j + 8 ...

    Args:
        rows: (rows, columns) levels.
        weight_format: How they will be packed; others than s4 and s2 come back as they are.

    Returns:
        (rows, columns rounded up to whole words), padded with 0.
    """
    if weight_format not in ("s4", "s2"):
        return rows
    per_byte = 8 // WEIGHT_BITS[weight_format]
    count, columns = rows.shape
    words = -(-columns // (_STEP * per_byte))
    padded = np.zeros((count, words * _STEP * per_byte), dtype=np.int8)
    padded[:, :columns] = rows
    swapped = padded.reshape(count, words, per_byte, _STEP).swapaxes(2, 3)
    return np.ascontiguousarray(swapped).reshape(count, -1)


def paired(rows: NDArray[np.int8]) -> NDArray[np.int8]:
    """Two rows r and s as one, in the order of dse_dot_dsp.h: r0 s0 r2 s2 r1 s1 r3 s3, r4 s4 ...

    Args:
        rows: (rows, columns) levels; both are rounded up, to pairs and to groups of four, with 0.
    """
    count, columns = rows.shape
    pairs, groups = -(-count // 2), -(-columns // _STEP)
    padded = np.zeros((2 * pairs, _STEP * groups), dtype=np.int8)
    padded[:count, :columns] = rows
    # Axes: pair, row of the pair, group, (0 1 | 2 3), (even, odd) -> ..., even or odd, half, row.
    return np.ascontiguousarray(
        padded.reshape(pairs, 2, groups, 2, 2).transpose(0, 2, 4, 3, 1)
    ).reshape(pairs, -1)


def packed_weights(
    layer: Layer, levels: NDArray[np.int8], core_class: CoreClass
) -> NDArray[np.uint8]:
    """The bytes of a layer's weights.

    Args:
        layer: With weights.
        levels: int8 (outputs, kernel height, kernel width, inputs).
        core_class: Whose kernels read them.

    Returns:
        uint8, a whole number of words. On base, 8-bit rows of conv and linear lie without gaps
        and end on a whole step of four columns.
    """
    if layer.weight_format is None:
        raise TypeError(f"{layer.op} has no weights")
    weight_format = stored_format(layer.weight_format)
    outputs = len(levels)
    if layer.op == "depthwise":
        rows = levels.reshape(outputs, -1).T
    elif weight_format == "xnor":
        rows = levels.reshape(-1, levels.shape[3])
    else:
        rows = levels.reshape(outputs, -1)
        if core_class == "dsp":
            packed = pack_levels(interleave(paired(rows), weight_format), weight_format)
            return np.pad(packed.reshape(-1), (0, -packed.size % 4))
    packed = pack_levels(interleave(rows, weight_format), weight_format).reshape(-1)
    end = packed.size
    if layer.op != "depthwise" and weight_format == "s8":
        row = packed_row_bytes(rows.shape[1], weight_format)
        end = (outputs - 1) * row + -(-row // _STEP) * _STEP
    padding = -(-end // 4) * 4 - packed.size
    return np.pad(packed, (0, padding))
