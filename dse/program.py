"""The Program: a Network with every integer that its execution needs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.arithmetic import Rescale, clamp_bounds, quantise
from hw_models.network import Layer, Network

__all__ = [
    "AddConstants",
    "BinaryConstants",
    "Constants",
    "LookupConstants",
    "PoolConstants",
    "Program",
    "Quantisation",
    "SoftmaxConstants",
    "WeightedConstants",
]


@dataclass(frozen=True)
class Quantisation:
    """How a tensor's integers stand for real ones: real = scale * (q - zero_point)."""

    scale: float
    zero_point: int


@dataclass(frozen=True)
class WeightedConstants:
    """Integers of a conv, depthwise or linear layer.

    Args:
        levels: int8 (outputs, kernel height, kernel width, inputs); ±1 in xnor layers.
        bias: int32 (outputs,) in units of 2**-pre_shift of a dot product; the input's zero point
            is folded in, so the dot product takes the raw int8 inputs (padding = zero point).
        rescale: Dot product to output, per output channel.
        thresholds: int8 (inputs,), xnor layers that read bytes only: an input bit is +1 where
            input >= threshold. xnor layers pad with -1 and fold no zero point.
    """

    levels: NDArray[np.int8]
    bias: NDArray[np.int32]
    rescale: Rescale
    thresholds: NDArray[np.int8] | None = None


@dataclass(frozen=True)
class BinaryConstants:
    """Integers of an xnor layer that makes bits.

    Args:
        levels: int8 ±1 (outputs, kernel height, kernel width, inputs).
        limits: int32 (outputs,): an output is +1 where fewer bits differ (arithmetic.xnor_limits).
        thresholds: As in `WeightedConstants`; None where the layer reads bits.
    """

    levels: NDArray[np.int8]
    limits: NDArray[np.int32]
    thresholds: NDArray[np.int8] | None = None


@dataclass(frozen=True)
class AddConstants:
    """Multipliers of the first and second input and their shift (arithmetic.add_parameters)."""

    parameters: tuple[int, int, int]


@dataclass(frozen=True)
class PoolConstants:
    """Average pooling: the sum of the raw inputs is the dot product; one factor for all channels.

    Args:
        bias: Minus window size times input zero point, in units of 2**-pre_shift.
        rescale: One element.
    """

    bias: int
    rescale: Rescale


@dataclass(frozen=True)
class LookupConstants:
    """int8 (256,) from functions.lookup_table."""

    table: NDArray[np.int8]


@dataclass(frozen=True)
class SoftmaxConstants:
    """uint16 (256,) from arithmetic.softmax_table."""

    table: NDArray[np.uint16]


Constants = (
    WeightedConstants
    | BinaryConstants
    | AddConstants
    | PoolConstants
    | LookupConstants
    | SoftmaxConstants
)


@dataclass(frozen=True)
class Program:
    """An integer program: what the reference executes and the exporter writes as C.

    Args:
        network: Shapes and formats.
        quantisation: For every tensor but bits and an argmax's; equal for inputs and output of the
            ops in arithmetic.SHARES_QUANTISATION.
        constants: For every conv, depthwise, linear, add, avg_pool, lookup and softmax layer.
    """

    network: Network
    quantisation: Mapping[str, Quantisation]
    constants: Mapping[str, Constants]

    def bounds(self, layer: Layer) -> tuple[int, int]:
        """Smallest and largest output of a layer."""
        if layer.format == "b1":
            return -1, 1
        own = self.quantisation[layer.name]
        return clamp_bounds(layer.activation, own.scale, own.zero_point, layer.format)

    def quantise_input(self, x: NDArray[np.floating]) -> NDArray[np.int8]:
        """Real inputs (n, height, width, channels) to the int8 that the device receives."""
        own = self.quantisation[self.network.input.name]
        return quantise(x, own.scale, own.zero_point)
