"""Float parameters of a Network's weighted layers, batch norm folded."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import ModelError
from hw_models.network import Network

__all__ = ["LayerParameters", "Parameters", "check_parameters"]


@dataclass(frozen=True)
class LayerParameters:
    """Weights and bias of one layer.

    Args:
        weight: float32 (outputs, kernel height, kernel width, inputs), inputs 1 for depthwise;
            the inputs of a linear layer count (height, width, channels) of the tensor it reads.
        bias: float32 (outputs,).
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


Parameters = Mapping[str, LayerParameters]


def check_parameters(network: Network, parameters: Parameters) -> None:
    """Check that every weighted layer has finite parameters of the right shape.

    Raises:
        ModelError: Naming the first layer that has not.
    """
    for layer in network.weighted_layers:
        where = f"layer {layer.name!r}"
        if layer.name not in parameters:
            raise ModelError("A layer has no parameters.", where=where, allowed=sorted(parameters))
        own = parameters[layer.name]
        expected = network.weight_shape(layer)
        if own.weight.shape != expected or own.bias.shape != expected[:1]:
            raise ModelError(
                "Parameters do not fit their layer.",
                where=where,
                got=(own.weight.shape, own.bias.shape),
                allowed=(expected, expected[:1]),
            )
        if not (np.isfinite(own.weight).all() and np.isfinite(own.bias).all()):
            raise ModelError("Parameters are not finite.", where=where, cure="Retrain the network.")
