"""Parameter transfer: from a base network to a configuration of it."""

import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dse.compress.importance import (
    Norm,
    Scores,
    channel_importance,
    filter_norms,
    most_important,
)
from dse.parameters import LayerParameters, Parameters
from hw_models.network import Layer, Network
from search_spaces.configuration import Configuration
from search_spaces.groups import ChannelGroup, group_table
from search_spaces.rewrite import rewrite
from search_spaces.space import Space

__all__ = [
    "Sliced",
    "group_channels",
    "he_parameters",
    "kept_outputs",
    "slice_parameters",
    "transfer",
]

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
    ranking: Norm = "l2",
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
    scores = filter_norms(network, base, ranking)
    return target, slice_parameters(base, network, target, seed, scores).parameters


def slice_parameters(
    base: Parameters,
    network: Network,
    target: Network,
    seed: int,
    scores: Scores | None = None,
) -> Sliced:
    """Parameters for a rewritten network.

    Args:
        base: Parameters of the uncompressed network.
        network: The uncompressed network.
        target: Made from it by `rewrite`.
        seed: Of layers that the base has not.
        scores: Of the channels of the base's layers; by default the l2 norms of their filters.
    """
    if scores is None:
        scores = filter_norms(network, base, "l2")
    groups = {tensor: group for group in group_table(network) for tensor in group.tensors}
    survivors = [tensor.name for tensor in target.tensors]
    counts = group_channels(network, target)
    kept = _kept_channels(network, groups, scores, counts, survivors)
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


def group_channels(network: Network, target: Network) -> dict[str, int]:
    """How many channels of each group of a network a rewritten one has, by group name."""
    survivors = {tensor.name: tensor for tensor in target.tensors}
    counts: dict[str, int] = {}
    for group in group_table(network):
        first = next((name for name in group.tensors if name in survivors), None)
        if first is not None:
            own = network.tensor(first).shape[2]
            counts[group.name] = survivors[first].shape[2] * group.channels // own
    return counts


def kept_outputs(
    network: Network, scores: Scores, counts: Mapping[str, int]
) -> Mapping[str, Indices]:
    """The outputs that every weighted layer keeps when its group keeps some channels.

    Args:
        network: Whose groups are meant.
        scores: Of its layers' channels.
        counts: By group name; other groups lose their layers.
    """
    groups = {tensor: group for group in group_table(network) for tensor in group.tensors}
    names = [tensor.name for tensor in network.tensors]
    kept = _kept_channels(network, groups, scores, counts, names)
    return {
        layer.name: _expand(network.weight_shape(layer)[0], groups[layer.name], kept)
        for layer in network.weighted_layers
        if groups[layer.name].name in kept
    }


def _kept_channels(
    network: Network,
    groups: Mapping[str, ChannelGroup],
    scores: Scores,
    counts: Mapping[str, int],
    survivors: Collection[str],
) -> dict[str, Indices]:
    names = {tensor: group.name for tensor, group in groups.items()}
    importance = channel_importance(network, scores, names, survivors)
    kept: dict[str, Indices] = {}
    for group in groups.values():
        count = counts.get(group.name)
        if count == group.channels:
            kept[group.name] = np.arange(count)
        elif count is not None:
            # Behind a flatten a depthwise layer has one filter per position and channel.
            ranked = importance[group.name].reshape(-1, group.channels).sum(0)
            kept[group.name] = most_important(ranked, count)
    return kept


def _expand(size: int, group: ChannelGroup, kept: Mapping[str, Indices]) -> Indices:
    """Indices along an axis that counts (position, channel)."""
    return np.arange(size).reshape(-1, group.channels)[:, kept[group.name]].ravel()
