"""Lowering: a calibrated module becomes an exact integer Program."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from dse.binary_program import fold_thresholds
from dse.compress.layers import EPSILON, LevelLayer, XnorLayer
from dse.compress.quantisers import Grid
from dse.program import (
    AddConstants,
    Constants,
    LookupConstants,
    PoolConstants,
    Program,
    Quantisation,
    SoftmaxConstants,
    WeightedConstants,
)
from hw_models.arithmetic import (
    BIAS_BOUND,
    Q_MIN,
    Rescale,
    add_parameters,
    clamp_bounds,
    encode_scale,
    softmax_table,
)
from hw_models.errors import ModelError
from hw_models.functions import lookup_table
from hw_models.network import Layer, WeightFormat
from hw_models.weight_levels import nearest_levels

if TYPE_CHECKING:
    # The module's own forward lowers it.
    from dse.compress.module import TrainableNetwork

__all__ = ["lower", "lower_levels", "lower_xnor"]

SOFTMAX_QUANTISATION = Quantisation(1 / 256, -128)
LARGEST_FACTOR = 2.0**13
SMALLEST_FACTOR = 2.0**-44
BIAS_ROUNDS = 8

Reals = NDArray[np.float64]


def lower(module: "TrainableNetwork") -> Program:
    """The integer program of a calibrated module.

    Its logits are those of the module in evaluation mode, exactly. In training mode the module
    rounds in float, and differs by few output steps.

    Raises:
        ModelError: The module is not calibrated.
    """
    if not module.calibrated:
        raise ModelError(
            "Only a calibrated module can be lowered.",
            where=f"network {module.network.name!r}",
            cure="Call calibrate(module, x) first.",
        )
    network = module.network
    constants: dict[str, Constants] = {}
    quantisation: dict[str, Quantisation] = {}
    for tensor in network.tensors:
        grid = module.grids.get(module.owners[tensor.name])
        if grid is not None:
            quantisation[tensor.name] = Quantisation(grid.scale, grid.zero_point)
    for layer in network.layers:
        if layer.op == "softmax":
            quantisation[layer.name] = SOFTMAX_QUANTISATION
        made = _constants(module, layer, quantisation)
        if made is not None:
            constants[layer.name] = made
    return fold_thresholds(network, quantisation, constants)


def _constants(
    module: "TrainableNetwork", layer: Layer, quantisation: dict[str, Quantisation]
) -> Constants | None:
    source = quantisation[layer.inputs[0]]
    if layer.is_weighted:
        child = module.child(layer)
        if isinstance(child, XnorLayer):
            return _xnor_constants(child, source, quantisation[layer.name].scale)
        return _level_constants(child, source, quantisation[layer.name].scale)
    if layer.op == "add":
        out = quantisation[layer.name].scale
        second = quantisation[layer.inputs[1]]
        return AddConstants(add_parameters(source.scale / out, second.scale / out))
    if layer.function is not None:
        return _lookup_constants(layer, source, quantisation[layer.name])
    if layer.op == "avg_pool":
        return _pool_constants(layer, source, quantisation[layer.name].scale)
    if layer.op == "softmax":
        return SoftmaxConstants(softmax_table(source.scale))
    return None


@torch.no_grad()
def _level_constants(
    child: LevelLayer, source: Quantisation, out_scale: float
) -> WeightedConstants:
    quantised = child.quantised_weight()
    levels = torch.round(quantised / child.scale)
    return lower_levels(
        _hwc(child.kept_weight() if child.latents is None else quantised),
        _hwc(levels),
        child.scale.flatten().double().cpu().numpy(),
        child.bias.double().cpu().numpy(),
        child.format,
        source,
        out_scale,
    )


def lower_levels(
    weight: Reals,
    real_levels: Reals,
    scales: Reals,
    bias: Reals,
    weight_format: WeightFormat,
    source: Quantisation,
    out_scale: float,
) -> WeightedConstants:
    """Integers of a layer whose weights are levels times a scale per output channel.

    A channel whose bias would not fit gets a larger weight scale, and so fewer levels; at the
    end of this stands the dead channel: all levels 0, and an exact bias.

    Args:
        weight: (outputs, height, width, inputs) real weights.
        real_levels: Their levels, whole numbers of the same shape.
        scales: (outputs,) real size of a level.
        bias: (outputs,) real bias.
        weight_format: Any but xnor.
        source: Of the input.
        out_scale: Of the output.
    """
    scales = scales.copy()
    levels = real_levels.astype(np.int64)
    for _ in range(BIAS_ROUNDS):
        factors = np.maximum(source.scale * scales / out_scale, SMALLEST_FACTOR)
        rescale = encode_scale(np.minimum(factors, LARGEST_FACTOR), _dot_bound(levels))
        step = factors * out_scale
        folded = bias / step - source.zero_point * levels.sum(axis=(1, 2, 3))
        wide = np.abs(folded) * 2.0**rescale.pre_shift > BIAS_BOUND
        if not wide.any():
            break
        grown = np.abs(folded) * 2.0**rescale.pre_shift / BIAS_BOUND * 1.01
        scales = np.where(wide, factors * grown * out_scale / source.scale, scales)
        rounded = nearest_levels(weight / scales[:, None, None, None], weight_format)
        levels = np.where(wide[:, None, None, None], rounded, levels)
    return WeightedConstants(levels.astype(np.int8), _encode_bias(folded, rescale), rescale)


@torch.no_grad()
def _xnor_constants(child: XnorLayer, source: Quantisation, out_scale: float) -> WeightedConstants:
    weight = child.weight.double()
    alpha = weight.abs().mean((1, 2, 3))
    norm = child.gamma.double() / torch.sqrt(child.variance.double() + EPSILON)
    offset = child.beta.double() - child.mean.double() * norm
    grid = Grid(source.scale, source.zero_point)
    return lower_xnor(
        _hwc(torch.where(child.weight >= 0, 1.0, -1.0)),
        (alpha * norm).cpu().numpy(),
        offset.cpu().numpy(),
        child.thresholds(grid).flatten().cpu().numpy().astype(np.int8),
        out_scale,
    )


def lower_xnor(
    signs: Reals,
    factors: Reals,
    offset: Reals,
    thresholds: NDArray[np.int8],
    out_scale: float,
) -> WeightedConstants:
    """Integers of an xnor layer: out = factor * dot + offset per output channel.

    A negative factor flips the signs of its channel. A factor too small for the channel's offset
    is raised; the dot product then weighs less than a thousandth of an output level.

    Args:
        signs: (outputs, height, width, inputs) of ±1.
        factors: (outputs,) real factors of the ±1 dot product.
        offset: (outputs,) real offsets.
        thresholds: (inputs,) whole numbers in the input's quantisation.
        out_scale: Of the output.
    """
    levels = np.where(factors < 0, -1, 1)[:, None, None, None] * signs.astype(np.int64)
    steps = np.maximum(np.abs(factors) / out_scale, SMALLEST_FACTOR)
    for _ in range(BIAS_ROUNDS):
        rescale = encode_scale(np.minimum(steps, LARGEST_FACTOR), int(levels[0].size))
        folded = offset / out_scale / steps
        excess = np.abs(folded) * 2.0**rescale.pre_shift / BIAS_BOUND
        if (excess <= 1.0).all():
            break
        steps = np.where(excess > 1.0, steps * excess * 1.01, steps)
    return WeightedConstants(
        levels.astype(np.int8), _encode_bias(folded, rescale), rescale, thresholds
    )


def _pool_constants(layer: Layer, source: Quantisation, out_scale: float) -> PoolConstants:
    window = layer.kernel[0] * layer.kernel[1]
    factor = np.array([source.scale / (out_scale * window)])
    rescale = encode_scale(np.minimum(factor, LARGEST_FACTOR), -Q_MIN * window)
    return PoolConstants(-window * source.zero_point << rescale.pre_shift, rescale)


def _lookup_constants(layer: Layer, source: Quantisation, out: Quantisation) -> LookupConstants:
    if layer.function is None:
        raise TypeError(layer.name)
    first, second = ((one.scale, one.zero_point) for one in (source, out))
    bounds = clamp_bounds(layer.activation, *second)
    return LookupConstants(lookup_table(layer.function, layer.slope, first, second, bounds))


def _encode_bias(folded: Reals, rescale: Rescale) -> NDArray[np.int32]:
    scaled = np.floor(folded * 2.0**rescale.pre_shift + 0.5)
    return np.clip(scaled, -BIAS_BOUND, BIAS_BOUND).astype(np.int32)


def _dot_bound(levels: NDArray[np.int64]) -> int:
    return int(np.abs(levels).sum(axis=(1, 2, 3)).max()) * -Q_MIN


def _hwc(weight: torch.Tensor) -> Reals:
    return weight.permute(0, 2, 3, 1).double().cpu().numpy()
