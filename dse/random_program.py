"""Random programs: any Network with random integers that use the whole int8 range.

Kernels are timed and compared on them; a trained network is not needed for either.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dse.binary_program import fold_thresholds
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
    Q_MAX,
    Q_MIN,
    S4_MAX,
    S4_MIN,
    add_parameters,
    clamp_bounds,
    encode_scale,
    quantisation_owners,
    softmax_table,
)
from hw_models.functions import lookup_table
from hw_models.network import Layer, Network, Tensor
from hw_models.weight_levels import weight_values

__all__ = ["random_inputs", "random_program"]

SOFTMAX_OUTPUT = Quantisation(1 / 256, -128)
OUTPUT_SPREAD = 50.0
S4_OUTPUT_SPREAD = 3.5
"""Standard deviation of a random layer's outputs, in levels: most values differ, some clamp."""

INPUT_SPREAD = 74.0
S4_INPUT_SPREAD = 4.6
"""Standard deviation of uniform values."""


def random_program(network: Network, rng: np.random.Generator) -> Program:
    """A valid Program for a network: random weights, biases, zero points and scales.

    The dot products are scaled so that outputs spread over the int8 range; the input's zero
    point is folded into every bias as a trained program has it.

    Args:
        network: Any valid network.
        rng: Source of every random number.
    """
    quantisation = {network.input.name: _random_quantisation(rng, network.input)}
    constants: dict[str, Constants] = {}
    owners = quantisation_owners(network)
    for layer in network.layers:
        if owners[layer.name] != layer.name:
            quantisation[layer.name] = quantisation[owners[layer.name]]
        elif layer.op == "softmax":
            quantisation[layer.name] = SOFTMAX_OUTPUT
        elif layer.op != "argmax":
            quantisation[layer.name] = _random_quantisation(rng, layer.output)
        made = _constants(network, layer, quantisation, rng)
        if made is not None:
            constants[layer.name] = made
    return fold_thresholds(network, quantisation, constants)


def random_inputs(network: Network, count: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """Uniform int8 inputs (count, height, width, channels); s4: -8 to 7, b1: -1 and 1."""
    if network.input.format == "b1":
        return rng.choice(np.array([-1, 1], dtype=np.int8), (count, *network.input.shape))
    least, most = (S4_MIN, S4_MAX) if network.input.format == "s4" else (Q_MIN, Q_MAX)
    return rng.integers(least, most + 1, (count, *network.input.shape), dtype=np.int8)


def _random_quantisation(rng: np.random.Generator, tensor: Tensor) -> Quantisation:
    if tensor.format == "s4":
        return Quantisation(float(rng.uniform(0.2, 1.0)), int(rng.integers(S4_MIN, 4)))
    return Quantisation(float(rng.uniform(0.01, 0.06)), int(rng.integers(Q_MIN, 65)))


def _constants(
    network: Network,
    layer: Layer,
    quantisation: Mapping[str, Quantisation],
    rng: np.random.Generator,
) -> Constants | None:
    source = quantisation[layer.inputs[0]]
    if layer.is_weighted:
        return _weighted(network, layer, source, rng)
    if layer.op == "softmax":
        return SoftmaxConstants(softmax_table(source.scale))
    if layer.op == "add":
        first, second = (quantisation[name].scale for name in layer.inputs)
        out = quantisation[layer.name].scale
        return AddConstants(add_parameters(first / out, second / out))
    if layer.function is not None:
        own = quantisation[layer.name]
        ends = (source.scale, source.zero_point), (own.scale, own.zero_point)
        bounds = clamp_bounds(layer.activation, own.scale, own.zero_point)
        return LookupConstants(lookup_table(layer.function, layer.slope, *ends, bounds))
    if layer.op == "avg_pool":
        return _pool(layer, source, quantisation[layer.name])
    return None


def _weighted(
    network: Network, layer: Layer, source: Quantisation, rng: np.random.Generator
) -> WeightedConstants:
    shape = network.weight_shape(layer)
    assert layer.weight_format is not None
    is_xnor = layer.weight_format == "xnor"
    levels = rng.choice(np.array(weight_values(layer.weight_format), dtype=np.int8), shape)
    if layer.row_nonzeros is not None:
        kept = rng.random(shape).reshape(shape[0], -1).argsort(axis=1) < layer.row_nonzeros
        levels = np.where(kept.reshape(shape), levels, 0).astype(np.int8)
    wide = levels.reshape(shape[0], -1).astype(np.int64)
    is_narrow = network.tensor(layer.inputs[0]).format == "s4"
    input_spread = 1.0 if is_xnor else S4_INPUT_SPREAD if is_narrow else INPUT_SPREAD
    output_spread = S4_OUTPUT_SPREAD if layer.format == "s4" else OUTPUT_SPREAD
    norm = np.maximum(np.sqrt((wide**2).sum(axis=1)), 1.0) * input_spread
    factors = output_spread / norm * rng.uniform(0.5, 2.0, shape[0])
    dot_bound = int(np.abs(wide).sum(axis=1).max()) * (1 if is_xnor else -Q_MIN)
    rescale = encode_scale(factors, dot_bound)
    zero_point = 0 if is_xnor else source.zero_point
    offset = np.round(rng.normal(0.0, 0.5, shape[0]) * norm).astype(np.int64)
    bias = (offset - zero_point * wide.sum(axis=1)) << rescale.pre_shift
    least, most = (S4_MIN, S4_MAX) if is_narrow else (Q_MIN, Q_MAX)
    if network.tensor(layer.inputs[0]).format == "b1":
        least, most = _likely_thresholds(source)
    thresholds = rng.integers(least, most + 1, shape[3]).astype(np.int8) if is_xnor else None
    return WeightedConstants(
        levels, np.clip(bias, -BIAS_BOUND, BIAS_BOUND).astype(np.int32), rescale, thresholds
    )


def _likely_thresholds(source: Quantisation) -> tuple[int, int]:
    """Bits of a random xnor layer's outputs should differ: thresholds where most outputs lie."""
    return max(Q_MIN, source.zero_point - 60), min(Q_MAX, source.zero_point + 60)


def _pool(layer: Layer, source: Quantisation, out: Quantisation) -> PoolConstants:
    window = layer.kernel[0] * layer.kernel[1]
    factor = source.scale / (window * out.scale)
    rescale = encode_scale(np.array([factor]), window * -Q_MIN)
    return PoolConstants(-(window * source.zero_point) << rescale.pre_shift, rescale)
