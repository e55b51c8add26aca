"""Shared weights: one set of parameters from which every configuration of a space is cut."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dse.compress.calibrate import ChannelStatistics
from dse.compress.importance import Scores
from dse.compress.transfer import Axes, kept_axes
from dse.parameters import LayerParameters, Parameters
from hw_models.network import Layer, Network
from search_spaces.choices import cut_option
from search_spaces.configuration import Configuration
from search_spaces.head import HEAD_LAYERS
from search_spaces.options import DepthCut

__all__ = ["SharedLayer", "SharedWeights", "cut_shared", "layer_key"]


@dataclass(frozen=True)
class SharedLayer:
    """One layer at full width, with a batch norm behind it.

    Args:
        weight: float32 (outputs, kernel height, kernel width, inputs).
        mean: float32 (outputs,), that batch norm gives the output.
        spread: float32 (outputs,), its standard deviation.
    """

    weight: NDArray[np.float32]
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]


@dataclass(frozen=True)
class SharedWeights:
    """Parameters that were trained over random configurations of a space.

    Args:
        layers: By `layer_key`.
        scores: Of the channels of the uncompressed network; the largest stay at a narrow width.
        steps: Trained.
        processor_s: That the training took.
    """

    layers: Mapping[str, SharedLayer]
    scores: Scores
    steps: int
    processor_s: float = 0.0


def layer_key(layer: str, cut: DepthCut) -> str:
    """The name of a layer's shared parameters: every cut has a head of its own."""
    return f"{cut.after}/{cut.head}/{layer}" if layer in HEAD_LAYERS else layer


def cut_shared(
    shared: SharedWeights, network: Network, target: Network, configuration: Configuration
) -> tuple[Parameters, dict[str, ChannelStatistics]]:
    """A configuration's part of shared weights, and the channel statistics of its layers.

    Args:
        shared: Of a space of that network.
        network: The uncompressed network.
        target: Made from it by `rewrite`.
        configuration: That it was made by.
    """
    axes = kept_axes(network, target, shared.scores)
    cut = cut_option(configuration)
    parameters, statistics = {}, {}
    for layer in target.weighted_layers:
        own = shared.layers[layer_key(layer.name, cut)]
        parameters[layer.name], statistics[layer.name] = _cut_layer(layer, own, axes[layer.name])
    return parameters, statistics


def _cut_layer(
    layer: Layer, own: SharedLayer, axes: Axes
) -> tuple[LayerParameters, ChannelStatistics]:
    weight = axes.cut(own.weight)
    mean, spread = own.mean[axes.outputs], own.spread[axes.outputs]
    parameters = LayerParameters(np.ascontiguousarray(weight), np.zeros_like(mean))
    return parameters, ChannelStatistics(mean, spread)
