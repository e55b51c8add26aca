"""The one definition of the integer arithmetic: training, reference and kernels follow it.

Activations are asymmetric int8: real = scale * (q - zero_point). Weights are symmetric integers
with one scale per output channel. A layer's dot product becomes an int8 output by

    acc = (dot << pre_shift) + bias                      int32
    out = clamp((((acc * multiplier) >> 16) + half) >> shift) + zero_point

with half = (1 << shift) >> 1, arithmetic (floor) shifts and a shift of at least 1. It is round half
up of acc * multiplier * 2**-(16 + shift), exactly: dropping the low 16 bits first changes nothing,
since half is an integer. The multiplier is a positive int16, so the product is one SMULWB on cores
with DSP and two 16-bit multiplications on a Cortex-M0+.

Layers that only choose or move values (SHARES_QUANTISATION) have the quantisation of what they
read. A concat therefore gives all its inputs one quantisation, and is a copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw_models.network import Activation, ActivationFormat, Network
from hw_models.weight_levels import (
    level_bounds,
    pack_levels,
    packed_row_bytes,
    unpack_levels,
)

__all__ = [
    "ARITHMETIC_VERSION",
    "BIAS_BOUND",
    "Q_MAX",
    "Q_MIN",
    "S4_MAX",
    "S4_MIN",
    "SHARES_QUANTISATION",
    "Rescale",
    "add_parameters",
    "add_quantised",
    "clamp_bounds",
    "dot_xnor",
    "encode_scale",
    "level_bounds",
    "pack_levels",
    "packed_row_bytes",
    "quantisation_owners",
    "quantise",
    "requantise",
    "softmax_quantised",
    "softmax_table",
    "unpack_levels",
    "xnor_limits",
]

ARITHMETIC_VERSION = 1
Q_MIN, Q_MAX = -128, 127
S4_MIN, S4_MAX = -8, 7
MULTIPLIER_BITS = 15
PRODUCT_SHIFT = 16
SHIFT_MIN, SHIFT_MAX = 1, 30
ADD_SHIFT_MAX = 20
BIAS_BOUND = (1 << 30) - 1
SHARES_QUANTISATION = frozenset({"max_pool", "concat", "flatten", "transpose"})
"""Ops whose inputs and output have one scale and zero point."""

Integers = NDArray[np.signedinteger[Any]]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Rescale:
    """The integer form of one real factor per output channel.

    Args:
        pre_shift: Left shift of the dot product, one for the layer; 0 unless a factor is large.
        multiplier: int16 per channel, in [2**14, 2**15) where the shift is below 30, or 0.
        shift: uint8 per channel, 1 to 30.
    """

    pre_shift: int
    multiplier: NDArray[np.int16]
    shift: NDArray[np.uint8]

    @property
    def factors(self) -> NDArray[np.float64]:
        """The real factor that each channel's integers stand for."""
        exponent = self.pre_shift - PRODUCT_SHIFT - self.shift.astype(np.int64)
        return self.multiplier.astype(np.float64) * 2.0**exponent


def encode_scale(factors: Floats, dot_bound: int = 0) -> Rescale:
    """Turn real factors into multipliers and shifts, relative error at most 2**-15.

    Factors of 0.25 and more need bits in front of the dot product: pre_shift supplies them.
    Factors below 2**-31 lose bits of their multipliers, down to 0.

    Args:
        factors: (channels,), each >= 0 and below 2**14.
        dot_bound: Largest absolute dot product, to keep (dot << pre_shift) within 30 bits;
            factors that would need more are saturated (their outputs clamp in any case).
    """
    values = np.asarray(factors, dtype=np.float64)
    largest = float(values.max(initial=0.0))
    wanted = 0 if largest == 0.0 else max(0, int(np.floor(np.log2(largest))) + 3)
    room = 30 - int(dot_bound).bit_length() if dot_bound else 30
    pre_shift = min(wanted, max(room, 0))
    mantissa, exponent = np.frexp(values * 2.0**-pre_shift)
    multiplier = np.round(mantissa * (1 << MULTIPLIER_BITS)).astype(np.int64)
    carry = multiplier == (1 << MULTIPLIER_BITS)
    multiplier = np.where(carry, multiplier >> 1, multiplier)
    shift = MULTIPLIER_BITS - PRODUCT_SHIFT - (exponent + carry)
    below = np.clip(shift - SHIFT_MAX, 0, 62)
    too_large = (shift < SHIFT_MIN) & (values > 0)
    multiplier = np.where(too_large, (1 << MULTIPLIER_BITS) - 1, multiplier >> below)
    clipped = np.clip(shift, SHIFT_MIN, SHIFT_MAX)
    return Rescale(pre_shift, multiplier.astype(np.int16), clipped.astype(np.uint8))


def quantisation_owners(network: Network) -> dict[str, str]:
    """For every tensor the first tensor, in running order, whose quantisation it has."""
    owners = {tensor.name: tensor.name for tensor in network.tensors}
    order = {name: place for place, name in enumerate(owners)}
    for layer in network.layers:
        if layer.op in SHARES_QUANTISATION:
            joined = {owners[name] for name in (*layer.inputs, layer.name)}
            first = min(joined, key=order.__getitem__)
            owners = {name: first if own in joined else own for name, own in owners.items()}
    return owners


def requantise(
    dot: Integers, bias: Integers, rescale: Rescale, zero_point: int, low: int, high: int
) -> NDArray[np.int8]:
    """Scale dot products to int8.

    Args:
        dot: (..., channels) integer dot products.
        bias: (channels,) int32, in units of 2**-pre_shift of a dot product.
        rescale: Of the channels.
        zero_point: Of the output.
        low: Smallest output (the activation's clamp), zero point included.
        high: Largest output.
    """
    accumulator = (dot.astype(np.int64) << rescale.pre_shift) + bias
    shift = rescale.shift.astype(np.int64)
    product = (accumulator * rescale.multiplier.astype(np.int64)) >> PRODUCT_SHIFT
    rounded = (product + ((1 << shift) >> 1)) >> shift
    result: NDArray[np.int8] = np.clip(rounded + zero_point, low, high).astype(np.int8)
    return result


def quantise(values: Floats, scale: float, zero_point: int) -> NDArray[np.int8]:
    """Real values to int8: clip(floor(value / scale + 0.5) + zero_point)."""
    levels = np.floor(np.asarray(values, dtype=np.float64) / scale + 0.5) + zero_point
    result: NDArray[np.int8] = np.clip(levels, Q_MIN, Q_MAX).astype(np.int8)
    return result


def clamp_bounds(
    activation: Activation, scale: float, zero_point: int, tensor_format: ActivationFormat = "s8"
) -> tuple[int, int]:
    """Smallest and largest output of a layer, from its fused activation and its format."""
    least, most = (Q_MIN, Q_MAX) if tensor_format != "s4" else (S4_MIN, S4_MAX)
    low = least if activation == "none" else max(least, zero_point)
    if activation != "relu6":
        return low, most
    return low, min(most, int(quantise(np.array(6.0), scale, zero_point)))


def dot_xnor(inputs: Integers, weights: Integers) -> NDArray[np.int64]:
    """Dot product of ±1 vectors along the last axis: n - 2 popcount(inputs xor weights)."""
    differing = np.count_nonzero((inputs > 0) != (weights > 0), axis=-1)
    dot: NDArray[np.int64] = inputs.shape[-1] - 2 * np.asarray(differing, dtype=np.int64)
    return dot


def xnor_limits(
    columns: int,
    bias: Integers,
    rescale: Rescale,
    zero_point: int,
    clamps: Sequence[tuple[int, int]],
    thresholds: Integers,
) -> NDArray[np.int64]:
    """Per channel the fewest differing bits of a ±1 dot product that give a -1.

    An output of bits is +1 where fewer differ: exactly where the output as a byte, `requantise`
    of columns - 2 * differing and then every clamp, reaches its threshold. As bytes never rise with
    the number of differing bits, a search by halves finds the limit.

    Args:
        columns: Bits of a dot product.
        bias: As for `requantise`, and so are rescale and zero_point.
        rescale: Of the channels.
        zero_point: Of the output as a byte.
        clamps: (smallest, largest) of the layer, then of every pool up to the reader.
        thresholds: (channels,) int8, of the reader.

    Returns:
        (channels,) 0 (never +1) to columns + 1 (always).
    """
    least = np.zeros(len(thresholds), dtype=np.int64)
    most = np.full(len(thresholds), columns + 1, dtype=np.int64)
    while (least < most).any():
        middle = np.minimum((least + most) // 2, columns)
        value = requantise(columns - 2 * middle, bias, rescale, zero_point, *clamps[0])
        for low, high in clamps[1:]:
            value = np.clip(value, low, high)
        is_set = value >= thresholds
        least = np.where(is_set & (least < most), middle + 1, least)
        most = np.where(is_set, most, middle)
    return least


def add_parameters(first: float, second: float) -> tuple[int, int, int]:
    """Multipliers and shift of an addition: factors scale_in / scale_out of both inputs.

    Returns:
        (multiplier of the first, of the second, shift): the larger multiplier is in
        [2**13, 2**14] unless the factor asks for a shift above 20 or below 0.
    """
    exponent = int(np.frexp(max(first, second))[1])
    shift = min(max(14 - exponent, 0), ADD_SHIFT_MAX)
    scaled = np.floor(np.array([first, second]) * 2.0**shift + 0.5)
    one, two = np.clip(scaled, 0, (1 << MULTIPLIER_BITS) - 1).astype(int)
    return int(one), int(two), shift


def add_quantised(
    first: Integers,
    second: Integers,
    zero_points: tuple[int, int, int],
    parameters: tuple[int, int, int],
    low: int,
    high: int,
) -> NDArray[np.int8]:
    """int8 addition: round half up of ((a - za) ma + (b - zb) mb) 2**-shift, plus zero point.

    Args:
        first: int8 tensor.
        second: int8 tensor of the same shape.
        zero_points: Of the first, the second and the output.
        parameters: From `add_parameters`.
        low: Smallest output.
        high: Largest output.
    """
    multiplier_one, multiplier_two, shift = parameters
    total = (first.astype(np.int64) - zero_points[0]) * multiplier_one
    total += (second.astype(np.int64) - zero_points[1]) * multiplier_two
    rounded = (total + ((1 << shift) >> 1)) >> shift
    result: NDArray[np.int8] = np.clip(rounded + zero_points[2], low, high).astype(np.int8)
    return result


def softmax_table(scale: float) -> NDArray[np.uint16]:
    """(256,) weights floor(exp(-scale d) * 65535 + 0.5) of a logit d levels below the top."""
    table: NDArray[np.uint16] = np.floor(np.exp(-scale * np.arange(256)) * 65535 + 0.5).astype(
        np.uint16
    )
    return table


def softmax_quantised(logits: Integers, table: NDArray[np.uint16]) -> NDArray[np.int8]:
    """int8 softmax over the last axis, output scale 1/256, zero point -128.

    weight = table[max - x] >> 4; out = min((weight * 256 + total / 2) / total, 255) - 128, in
    uint32 with truncating division: 1024 classes stay below 2**32.
    """
    values = logits.astype(np.int64)
    weights = table[values.max(axis=-1, keepdims=True) - values].astype(np.int64) >> 4
    total = weights.sum(axis=-1, keepdims=True)
    shares = (weights * 256 + total // 2) // total
    result: NDArray[np.int8] = (np.minimum(shares, 255) - 128).astype(np.int8)
    return result
