"""Weight levels as the bytes that the kernels read; the row layouts are those of dse_kernels.h."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hw_models.kernels import CoreClass
from hw_models.network import WEIGHT_BITS, WORD_BITS, Layer, WeightFormat
from hw_models.packed_activations import bit_places
from hw_models.weight_levels import pack_levels, packed_row_bytes, stored_format

__all__ = [
    "bit_order",
    "grouped_by_three",
    "interleave",
    "looked_up",
    "packed_weights",
    "paired",
    "stored_columns",
]

_STEP = 4
_GROUP = 8


def interleave(rows: NDArray[np.int8], weight_format: WeightFormat) -> NDArray[np.int8]:
    """Reorder the columns of packed rows so that byte j of a word holds j, j + 4, j + 8 ...

    Args:
        rows: (rows, columns) levels.
        weight_format: How they will be packed; others than s4, s2 and xnor come back as they are.

    Returns:
        (rows, columns rounded up to whole words), padded with 0.
    """
    if weight_format not in ("s4", "s2", "xnor"):
        return rows
    per_byte = 8 // WEIGHT_BITS[weight_format]
    count, columns = rows.shape
    words = -(-columns // (_STEP * per_byte))
    padded = np.zeros((count, words * _STEP * per_byte), dtype=np.int8)
    padded[:, :columns] = rows
    swapped = padded.reshape(count, words, per_byte, _STEP).swapaxes(2, 3)
    return np.ascontiguousarray(swapped).reshape(count, -1)


def paired(rows: NDArray[np.int8], *, looked_up: bool = False) -> NDArray[np.int8]:
    """Two rows r and s as one, in the order of dse_dot_dsp.h: r0 s0 r2 s2 r1 s1 r3 s3, r4 s4 ...

    Args:
        rows: (rows, columns) levels; both are rounded up, to pairs and to groups of four, with 0.
        looked_up: The order of dse_look_dsp.h instead: r0 r2 s0 s2 r1 r3 s1 s3, r4 r6 ...
    """
    count, columns = rows.shape
    pairs, groups = -(-count // 2), -(-columns // _STEP)
    padded = np.zeros((2 * pairs, _STEP * groups), dtype=np.int8)
    padded[:count, :columns] = rows
    # Axes: pair, row of the pair, group, (0 1 | 2 3), (even, odd) -> ..., even or odd, half, row.
    order = (0, 2, 4, 1, 3) if looked_up else (0, 2, 4, 3, 1)
    return np.ascontiguousarray(padded.reshape(pairs, 2, groups, 2, 2).transpose(order)).reshape(
        pairs, -1
    )


def looked_up(rows: NDArray[np.int8], weight_format: WeightFormat) -> NDArray[np.uint8]:
    """Rows of p4 or p3 in pairs, as in dse_look_dsp.h: uint8 (pairs, bytes of a pair)."""
    packed = pack_levels(paired(rows, looked_up=True), weight_format)
    if weight_format == "p4":
        return packed
    pairs, groups = len(packed), -(-rows.shape[1] // _STEP)
    codes = packed[:, : 3 * groups].reshape(pairs, groups, 3)
    fours = groups // 4
    words = np.zeros((pairs, groups, 4), dtype=np.uint8)
    words[:, :, :3] = codes
    first = words[:, : 4 * fours].reshape(pairs, fours, 4, 4)
    first[:, :, :3, 3] = first[:, :, 3, :3]
    return np.concatenate(
        [first[:, :, :3].reshape(pairs, -1), words[:, 4 * fours :].reshape(pairs, -1)], axis=1
    )


def grouped_by_three(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Words a, b, c of each row as a ^ b ^ c, a ^ b, a ^ c; one or two at its end as they are.

    Args:
        words: (outputs, words) of an xnor layer.
    """
    grouped = words.copy()
    whole = words.shape[1] // 3 * 3
    first, second, third = (words[:, start:whole:3] for start in range(3))
    grouped[:, 0:whole:3] = first ^ second ^ third
    grouped[:, 1:whole:3] = first ^ second
    grouped[:, 2:whole:3] = first ^ third
    return grouped


def bit_order(outputs: int) -> NDArray[np.intp]:
    """The outputs of a layer that makes bits in the order of its rows.

    Bits are shifted in from below: of every word, the output of the highest bit comes first.

    >>> bit_order(6).tolist()
    [3, 2, 5, 1, 4, 0]
    """
    places = bit_places(outputs)
    return np.lexsort((-places, places // WORD_BITS))


def packed_weights(
    layer: Layer, levels: NDArray[np.int8], core_class: CoreClass
) -> NDArray[np.uint8]:
    """The bytes of a layer's weights.

    Args:
        layer: With weights.
        levels: int8 (outputs, kernel height, kernel width, inputs).
        core_class: Whose kernels read them.

    Returns:
        uint8, a whole number of words, one group after the other. On base, 8-bit rows of conv and
        linear lie without gaps and end on a whole step of four columns.
    """
    if layer.weight_format is None:
        raise TypeError(f"{layer.op} has no weights")
    weight_format = stored_format(layer.weight_format)
    if layer.groups > 1:
        own = replace(layer, groups=1)
        parts = np.split(levels, layer.groups)
        return np.concatenate([packed_weights(own, part, core_class) for part in parts])
    outputs = len(levels)
    if layer.op == "depthwise":
        rows = levels.reshape(outputs, -1).T
    elif weight_format == "xnor":
        rows = levels.reshape(-1, levels.shape[3])
    else:
        rows = levels.reshape(outputs, -1)
        if layer.row_nonzeros is not None:
            return _sparse(rows, layer.row_nonzeros, core_class)
        if core_class == "dsp" and weight_format in ("p4", "p3"):
            return looked_up(rows, weight_format).reshape(-1)
        if core_class == "dsp":
            packed = pack_levels(interleave(paired(rows), weight_format), weight_format)
            return np.pad(packed.reshape(-1), (0, -packed.size % 4))
    packed = pack_levels(interleave(rows, weight_format), weight_format).reshape(-1)
    if weight_format == "xnor":
        packed = (
            grouped_by_three(packed.view("<u4").reshape(outputs, -1)).view(np.uint8).reshape(-1)
        )
    end = packed.size
    if layer.op != "depthwise" and weight_format == "s8":
        row = packed_row_bytes(rows.shape[1], weight_format)
        end = (outputs - 1) * row + -(-row // _STEP) * _STEP
    padding = -(-end // 4) * 4 - packed.size
    return np.pad(packed, (0, padding))


def stored_columns(rows: NDArray[np.int8], count: int) -> NDArray[np.bool_]:
    """Which columns of sparse rows are stored: those that are not 0, then the first that are.

    Args:
        rows: (rows, columns) levels.
        count: Columns that every row stores, at least its non-zeros.
    """
    order = np.argsort(rows == 0, axis=1, kind="stable")
    stored = np.zeros(rows.shape, dtype=np.bool_)
    np.put_along_axis(stored, order[:, :count], True, axis=1)
    return stored


def _sparse(rows: NDArray[np.int8], count: int, core_class: CoreClass) -> NDArray[np.uint8]:
    """For each group of eight a byte of bits, then the weights whose bits are set."""
    stored = stored_columns(rows, count).astype(np.int8)
    if core_class == "dsp":
        rows, stored = paired(rows), paired(stored)
    groups = -(-rows.shape[1] // _GROUP)
    wide = ((0, 0), (0, groups * _GROUP - rows.shape[1]))
    values = np.pad(rows, wide).reshape(-1, _GROUP)
    bits = np.pad(stored, wide).reshape(-1, _GROUP) > 0
    masks = np.packbits(bits, axis=1, bitorder="little")
    stream = np.concatenate([masks, values.view(np.uint8)], axis=1)
    written = np.concatenate([np.ones_like(bits[:, :1]), bits], axis=1)
    packed = stream[written]
    return np.pad(packed, (0, -packed.size % 4))
