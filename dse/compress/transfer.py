"""Parameter transfer: from a base network to a configuration of it."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dse.compress.importance import Ranking, channel_importance, most_important
from dse.parameters import LayerParameters, Parameters
from hw_models.network import Layer, Network
from search_spaces.configuration import Configuration
from search_spaces.groups import ChannelGroup, group_table
from search_spaces.rewrite import rewrite
from search_spaces.space import Space

__all__ = ["Sliced", "he_parameters", "slice_parameters", "transfer"]

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Sliced:
    """Parameters of a rewritten network, and where they come from.

    Args:
        parameters: Of every weighted layer of the rewritten network.
        kept: For every layer that the base has, too, the base's output channels it keeps.
    """

    parameters: Parameters
    kept: Mapping[str, Indices]


def transfer(
    base: Parameters,
    network: Network,
    space: Space,
    configuration: Configuration,
    seed: int,
    ranking: Ranking = "l2",
) -> tuple[Network, Parameters]:
    """The network of a configuration and its parameters before any training.

    Narrow groups keep their most important channels, in their old order; the layers of an
    auxiliary head start from He's initialisation. The baseline gives equal parameters.

    Args:
        base: Parameters of the uncompressed network.
        network: The uncompressed network.
        space: Built from that network.
        configuration: Of that space.
        seed: Of the head.
        ranking: What makes a channel important: the l1 or l2 norm of its filters.
    """
    target = rewrite(network, space, configuration)
    return target, slice_parameters(base, network, target, seed, ranking).parameters


def slice_parameters(
    base: Parameters, network: Network, target: Network, seed: int, ranking: Ranking = "l2"
) -> Sliced:
    """Parameters for a rewritten network.

    Args:
        base: Parameters of the uncompressed network.
        network: The uncompressed network.
        target: Made from it by `rewrite`.
        seed: Of layers that the base has not.
        ranking: What makes a channel important.
    """
    groups = {tensor: group for group in group_table(network) for tensor in group.tensors}
    kept = _kept_channels(base, network, target, groups, ranking)
    parameters = {}
    origins = {}
    for layer in target.weighted_layers:
        if layer.name not in base:
            parameters[layer.name] = he_parameters(target, layer, seed)
            continue
        own = base[layer.name]
        outputs = _expand(own.weight.shape[0], groups[layer.name], kept)
        origins[layer.name] = outputs
        weight = own.weight[outputs]
        if layer.op != "depthwise":
            inputs = _expand(own.weight.shape[3], groups[layer.inputs[0]], kept)
            weight = weight[..., inputs]
        parameters[layer.name] = LayerParameters(np.ascontiguousarray(weight), own.bias[outputs])
    return Sliced(parameters, origins)


def he_parameters(network: Network, layer: Layer, seed: int) -> LayerParameters:
    """Normal weights of variance 2 / fan-in (He 2015) and zero bias; one stream per layer name."""
    shape = network.weight_shape(layer)
    rng = np.random.default_rng([seed, zlib.crc32(layer.name.encode())])
    spread = np.sqrt(2.0 / (shape[1] * shape[2] * shape[3]))
    weight = (rng.standard_normal(shape) * spread).astype(np.float32)
    return LayerParameters(weight, np.zeros(shape[0], dtype=np.float32))


def _kept_channels(
    base: Parameters,
    network: Network,
    target: Network,
    groups: Mapping[str, ChannelGroup],
    ranking: Ranking,
) -> dict[str, Indices]:
    survivors = {tensor.name: tensor for tensor in target.tensors}
    names = {tensor: group.name for tensor, group in groups.items()}
    importance = channel_importance(network, base, names, survivors, ranking)
    kept: dict[str, Indices] = {}
    for tensor in network.tensors:
        group = groups[tensor.name]
        if tensor.name not in survivors or group.name in kept:
            continue
        count = survivors[tensor.name].shape[2] * group.channels // tensor.shape[2]
        if count == group.channels:
            kept[group.name] = np.arange(count)
        else:
            # Behind a flatten a depthwise layer has one filter per position and channel.
            scores = importance[group.name].reshape(-1, group.channels).sum(0)
            kept[group.name] = most_important(scores, count)
    return kept


def _expand(size: int, group: ChannelGroup, kept: Mapping[str, Indices]) -> Indices:
    """Indices along an axis that counts (position, channel)."""
    return np.arange(size).reshape(-1, group.channels)[:, kept[group.name]].ravel()
