"""Bits in a Program: thresholds move from the xnor layers that read bits to their makers."""

from collections.abc import Mapping
from dataclasses import replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from dse.program import BinaryConstants, Constants, Program, Quantisation, WeightedConstants
from hw_models.arithmetic import clamp_bounds, xnor_limits
from hw_models.binary import binary_path
from hw_models.errors import ModelError
from hw_models.network import Layer, Network

__all__ = ["fold_thresholds"]


def fold_thresholds(
    network: Network,
    quantisation: Mapping[str, Quantisation],
    constants: Mapping[str, Constants],
) -> Program:
    """The Program of a network with bits, from what it would be with bytes.

    Bits are what the bytes would have been compared to: outputs of the Program stay the same.

    Args:
        network: With tensors of format b1.
        quantisation: As in `Program`, of bits also: of the bytes that they stand for.
        constants: As in `Program`, of layers that make bits as if they made bytes, with thresholds
            of those that read them.

    Raises:
        ModelError: Not one xnor layer alone reads some bits.
    """
    found = dict(constants)
    for layer in network.layers:
        own = constants.get(layer.name)
        if not isinstance(own, WeightedConstants):
            continue
        thresholds = own.thresholds
        if network.tensor(layer.inputs[0]).format == "b1":
            thresholds = None
        found[layer.name] = replace(own, thresholds=thresholds)
        if layer.format == "b1":
            limits = _limits(network, layer, own, quantisation, constants)
            found[layer.name] = BinaryConstants(own.levels, limits, thresholds)
    bytes_of = {
        tensor.name: quantisation[tensor.name]
        for tensor in network.tensors
        if tensor.format != "b1" and tensor.name in quantisation
    }
    return Program(network, bytes_of, found)


def _limits(
    network: Network,
    layer: Layer,
    own: WeightedConstants,
    quantisation: Mapping[str, Quantisation],
    constants: Mapping[str, Constants],
) -> NDArray[np.int32]:
    passed, reader = binary_path(network, layer)
    behind = None if reader is None else constants[reader.name]
    if not isinstance(behind, WeightedConstants) or behind.thresholds is None:
        raise ModelError(
            "Bits need one xnor layer that reads them: its thresholds decide.",
            where=f"layer {layer.name!r}",
            cure="let hw_models.binary.with_binary_tensors choose the tensors of format b1",
        )
    steps = [each for each in (layer, *passed) if each.op != "flatten"]
    grids = [quantisation[each.name] for each in steps]
    clamps = [
        clamp_bounds(each.activation, grid.scale, grid.zero_point)
        for each, grid in zip(steps, grids, strict=True)
    ]
    columns = prod(own.levels.shape[1:])
    limits = xnor_limits(
        columns, own.bias, own.rescale, grids[0].zero_point, clamps, behind.thresholds
    )
    return limits.astype(np.int32)
