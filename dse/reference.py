"""The exact reference: executes a Program in integers, for many inputs at once.

Dot products run through torch's float convolutions where every partial sum is an integer below the
float's mantissa, so they are exact; all else is hw_models.arithmetic.
"""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from dse.program import (
    AddConstants,
    BinaryConstants,
    LookupConstants,
    PoolConstants,
    Program,
    SoftmaxConstants,
    WeightedConstants,
)
from hw_models.arithmetic import (
    PRODUCT_SHIFT,
    Q_MIN,
    add_quantised,
    requantise,
    softmax_quantised,
)
from hw_models.errors import DataError
from hw_models.functions import lookup_quantised
from hw_models.network import Layer

__all__ = [
    "FLOAT32_EXACT",
    "rescale_dot",
    "rescale_planes",
    "run_layer",
    "run_program",
    "signs_of",
    "trace_program",
]

Activations = NDArray[np.signedinteger[Any]]
_BATCH = 256
FLOAT32_EXACT = 1 << 24


def run_program(program: Program, x: NDArray[np.int8]) -> Activations:
    """Outputs of a Program.

    Args:
        program: What to execute.
        x: int8 (n, height, width, channels), quantised by `Program.quantise_input`. Tensors of 4
            bits are int8 here, too, and bits are -1 and 1.

    Returns:
        (n, height, width, channels) of the last layer: int8, int16 after an argmax.

    Raises:
        DataError: The inputs do not have the network's shape or type.
    """
    _check_input(program, x)
    last = program.network.output.name
    parts = [_run(program, x[start : start + _BATCH])[last] for start in range(0, len(x), _BATCH)]
    return np.concatenate(parts)


def trace_program(program: Program, x: NDArray[np.int8]) -> Mapping[str, Activations]:
    """Every tensor of a Program by name, input included; arguments as for `run_program`."""
    _check_input(program, x)
    return _run(program, x)


def run_layer(program: Program, layer: Layer, sources: list[Activations]) -> Activations:
    """The output of one layer, from its inputs (n, height, width, channels)."""
    return _EXECUTORS[layer.op](program, layer, sources)


def _check_input(program: Program, x: NDArray[np.int8]) -> None:
    expected = program.network.input.shape
    if x.dtype != np.int8 or x.ndim != 4 or x.shape[1:] != expected or len(x) == 0:
        raise DataError(
            "The reference takes at least one int8 input of the network's shape.",
            where=f"network {program.network.name!r}",
            got=f"{x.dtype} {x.shape}",
            allowed=f"int8 (n, {', '.join(map(str, expected))})",
            cure="Quantise with Program.quantise_input.",
        )


def _run(program: Program, x: Activations) -> dict[str, Activations]:
    values = {program.network.input.name: x}
    for layer in program.network.layers:
        sources = [values[name] for name in layer.inputs]
        values[layer.name] = run_layer(program, layer, sources)
    return values


def _weighted(program: Program, layer: Layer, sources: list[Activations]) -> Activations:
    constants = program.constants[layer.name]
    if not isinstance(constants, WeightedConstants | BinaryConstants):
        raise TypeError(layer.name)
    x = sources[0]
    if constants.thresholds is not None:
        flat = constants.thresholds.reshape(x.shape[1:] if layer.op == "linear" else (-1,))
        x = np.where(x >= flat, 1, -1)
    is_binary = layer.weight_format == "xnor"
    padding_value = -1 if is_binary else program.quantisation[layer.inputs[0]].zero_point
    dot = _dot(layer, x, constants.levels, padding_value)
    if isinstance(constants, BinaryConstants):
        planes = signs_of(dot, constants).to(torch.int8)
        return planes.permute(0, 2, 3, 1).contiguous().numpy()
    own = program.quantisation[layer.name]
    return rescale_planes(dot, constants, own.zero_point, program.bounds(layer))


def _dot(
    layer: Layer, x: Activations, levels: NDArray[np.int8], padding_value: int
) -> torch.Tensor:
    """(n, channels, rows, columns) whole numbers."""
    bound = prod(levels.shape[1:]) * 128 * 127
    kind = torch.float32 if bound < FLOAT32_EXACT else torch.float64
    weight = torch.from_numpy(levels.astype(np.float32)).to(kind)
    inputs = torch.from_numpy(np.ascontiguousarray(x)).to(kind)
    if layer.op == "linear":
        product = inputs.reshape(len(x), -1) @ weight.reshape(len(levels), -1).T
        return product[:, :, None, None]
    top, bottom, left, right = layer.padding
    planes = F.pad(inputs.permute(0, 3, 1, 2), (left, right, top, bottom), value=padding_value)
    groups = layer.shape[2] if layer.op == "depthwise" else layer.groups
    return F.conv2d(planes, weight.permute(0, 3, 1, 2), stride=layer.stride, groups=groups)


def rescale_planes(
    dot: torch.Tensor, constants: WeightedConstants, zero_point: int, bounds: tuple[int, int]
) -> NDArray[np.int8]:
    """Dot products (n, channels, rows, columns) to int8 (n, rows, columns, channels)."""
    scaled = rescale_dot(dot, constants, zero_point, bounds)
    return scaled.to(torch.int8).permute(0, 2, 3, 1).contiguous().numpy()


def signs_of(dot: torch.Tensor, constants: BinaryConstants) -> torch.Tensor:
    """±1 dot products (n, channels, rows, columns) to bits, -1 or 1 each."""
    least = prod(constants.levels.shape[1:]) - 2 * constants.limits.astype(np.int64)
    column = torch.from_numpy(least).to(dot.device)[:, None, None]
    return torch.where(dot > column, 1.0, -1.0)


def rescale_dot(
    dot: torch.Tensor,
    constants: WeightedConstants,
    zero_point: int,
    bounds: tuple[int, int],
) -> torch.Tensor:
    """arithmetic.requantise, three times as fast: in float64, where every step of it is exact.

    All values are whole numbers below 2**46 times a power of two, and so is a half.

    Args:
        dot: (n, channels, rows, columns) whole numbers.
        constants: Of the layer.
        zero_point: Of the output.
        bounds: Smallest and largest output.

    Returns:
        (n, channels, rows, columns) float64 whole numbers.
    """
    rescale = constants.rescale
    exponent = -(PRODUCT_SHIFT + rescale.shift.astype(np.int64))
    factor = rescale.multiplier.astype(np.float64) * 2.0**exponent
    offset = constants.bias * factor + np.where(rescale.shift > 0, 0.5, 0.0) + zero_point
    column, shift = (
        torch.from_numpy(one).to(dot.device)[:, None, None]
        for one in (factor * 2.0**rescale.pre_shift, offset)
    )
    return (dot.to(torch.float64) * column).add_(shift).floor_().clamp_(*bounds)


def _windows(layer: Layer, x: Activations, padding_value: int) -> Activations:
    """(n, rows, columns, channels, kernel height, kernel width) views of the pooling windows."""
    top, bottom, left, right = layer.padding
    padded = np.pad(
        x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=padding_value
    )
    views = np.lib.stride_tricks.sliding_window_view(padded, layer.kernel, axis=(1, 2))
    strided: Activations = views[:, :: layer.stride[0], :: layer.stride[1]]
    return strided


def _max_pool(program: Program, layer: Layer, sources: list[Activations]) -> Activations:
    low, high = program.bounds(layer)
    largest = _windows(layer, sources[0], Q_MIN).max(axis=(-2, -1))
    clamped: Activations = np.clip(largest, low, high).astype(np.int8)
    return clamped


def _avg_pool(program: Program, layer: Layer, sources: list[Activations]) -> Activations:
    constants = program.constants[layer.name]
    if not isinstance(constants, PoolConstants):
        raise TypeError(layer.name)
    total = _windows(layer, sources[0], 0).sum(axis=(-2, -1), dtype=np.int64)
    low, high = program.bounds(layer)
    own = program.quantisation[layer.name]
    bias = np.array([constants.bias], dtype=np.int64)
    return requantise(total, bias, constants.rescale, own.zero_point, low, high)


def _add(program: Program, layer: Layer, sources: list[Activations]) -> Activations:
    constants = program.constants[layer.name]
    if not isinstance(constants, AddConstants):
        raise TypeError(layer.name)
    first, second, own = (program.quantisation[name] for name in (*layer.inputs, layer.name))
    low, high = program.bounds(layer)
    zero_points = (first.zero_point, second.zero_point, own.zero_point)
    return add_quantised(sources[0], sources[1], zero_points, constants.parameters, low, high)


def _concat(program: Program, layer: Layer, sources: list[Activations]) -> Activations:
    return np.concatenate(sources, axis=-1)


def _flatten(program: Program, layer: Layer, sources: list[Activations]) -> Activations:
    return sources[0].reshape(len(sources[0]), *layer.shape)


def _transpose(program: Program, layer: Layer, sources: list[Activations]) -> Activations:
    return sources[0].transpose(0, *(axis + 1 for axis in layer.permutation))


def _lookup(program: Program, layer: Layer, sources: list[Activations]) -> Activations:
    constants = program.constants[layer.name]
    if not isinstance(constants, LookupConstants):
        raise TypeError(layer.name)
    return lookup_quantised(sources[0], constants.table)


def _softmax(program: Program, layer: Layer, sources: list[Activations]) -> Activations:
    constants = program.constants[layer.name]
    if not isinstance(constants, SoftmaxConstants):
        raise TypeError(layer.name)
    return np.clip(softmax_quantised(sources[0], constants.table), *program.bounds(layer))


def _argmax(program: Program, layer: Layer, sources: list[Activations]) -> Activations:
    flat = sources[0].reshape(len(sources[0]), -1)
    winners: Activations = flat.argmax(axis=1).astype(np.int16).reshape(-1, *layer.shape)
    return winners


_EXECUTORS: dict[str, Callable[[Program, Layer, list[Activations]], Activations]] = {
    "conv": _weighted,
    "depthwise": _weighted,
    "linear": _weighted,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "add": _add,
    "concat": _concat,
    "flatten": _flatten,
    "transpose": _transpose,
    "lookup": _lookup,
    "softmax": _softmax,
    "argmax": _argmax,
}
