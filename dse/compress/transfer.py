"""Parameter transfer: from a base network to a configuration of it."""

import zlib
from collections.abc import Collection, Mapping, Sequence
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
from search_spaces.groups import ChannelGroup, channel_layouts, group_table
from search_spaces.rewrite import rewrite
from search_spaces.space import Space

__all__ = [
    "Axes",
    "Sliced",
    "group_channels",
    "he_parameters",
    "kept_axes",
    "kept_outputs",
    "slice_parameters",
    "transfer",
]

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Axes:
    """What a layer keeps of its weights.

    Args:
        outputs: (outputs,) those that stay.
        inputs: (inputs,) those that stay, (outputs, inputs) where every output of a grouped
            convolution has its own, or None where all stay.
    """

    outputs: Indices
    inputs: Indices | None

    def cut(self, weight: NDArray[np.float32]) -> NDArray[np.float32]:
        """What stays of (outputs, kernel height, kernel width, inputs)."""
        rows = weight[self.outputs]
        if self.inputs is None:
            return rows
        if self.inputs.ndim == 1:
            return np.ascontiguousarray(rows[..., self.inputs])
        return np.take_along_axis(rows, self.inputs[:, None, None, :], axis=3)


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
    axes = kept_axes(network, target, scores or filter_norms(network, base, "l2"))
    parameters = {}
    for layer in target.weighted_layers:
        if layer.name not in base:
            parameters[layer.name] = he_parameters(target, layer, seed)
            continue
        own, kept = base[layer.name], axes[layer.name]
        weight = np.ascontiguousarray(kept.cut(own.weight))
        parameters[layer.name] = LayerParameters(weight, own.bias[kept.outputs])
    return Sliced(parameters, {name: axes[name].outputs for name in parameters if name in base})


def kept_axes(network: Network, target: Network, scores: Scores) -> dict[str, Axes]:
    """What every weighted layer of a rewritten network keeps of the layer at full width.

    Args:
        network: The uncompressed network.
        target: Made from it by `rewrite`; the layers of a head follow the tensor that they read.
        scores: Of the channels of the uncompressed network's layers.
    """
    layouts = channel_layouts(network)
    survivors = [tensor.name for tensor in target.tensors]
    kept = _kept_channels(network, scores, group_channels(network, target), survivors)
    names = {layer.name for layer in network.layers}
    of_head: dict[str, Indices] = {}
    axes: dict[str, Axes] = {}
    for layer in target.layers:
        source = layer.inputs[0]
        if layer.name in names:
            if layer.is_weighted:
                axes[layer.name] = _base_axes(network, layer.name, layouts, kept)
            continue
        if source in of_head:
            own = of_head[source]
        else:
            own = _expand(network.tensor(source).shape[2], layouts[source], kept)
        if layer.is_weighted:
            follows = layer.op == "depthwise"
            outputs = own if follows else np.arange(layer.shape[2])
            axes[layer.name] = Axes(outputs, None if follows else own)
            own = outputs
        of_head[layer.name] = own
    return axes


def _base_axes(
    network: Network,
    name: str,
    layouts: Mapping[str, Sequence[str]],
    kept: Mapping[str, "_Kept"],
) -> Axes:
    layer = network.layer(name)
    size, _, _, columns = network.weight_shape(layer)
    outputs = _expand(size, layouts[name], kept)
    if layer.op == "depthwise":
        return Axes(outputs, None)
    inputs = _expand(columns * layer.groups, layouts[layer.inputs[0]], kept)
    if layer.groups == 1:
        return Axes(outputs, inputs)
    places = inputs.reshape(layer.groups, -1) % columns
    return Axes(outputs, places[outputs // (size // layer.groups)])


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
    return {
        group.name: survivors[group.tensors[0]].shape[2]
        for group in group_table(network)
        if group.tensors[0] in survivors
    }


def kept_outputs(
    network: Network, scores: Scores, counts: Mapping[str, int]
) -> Mapping[str, Indices]:
    """The outputs that every weighted layer keeps when its group keeps some channels.

    Args:
        network: Whose groups are meant.
        scores: Of its layers' channels.
        counts: By group name; other groups lose their layers.
    """
    layouts = channel_layouts(network)
    kept = _kept_channels(network, scores, counts, [tensor.name for tensor in network.tensors])
    return {
        layer.name: _expand(network.weight_shape(layer)[0], layouts[layer.name], kept)
        for layer in network.weighted_layers
        if kept.keys() >= set(layouts[layer.name])
    }


@dataclass(frozen=True)
class _Kept:
    """Channels of a group that stay, and how many there were."""

    channels: int
    indices: Indices


def _kept_channels(
    network: Network,
    scores: Scores,
    counts: Mapping[str, int],
    survivors: Collection[str],
) -> dict[str, _Kept]:
    importance = channel_importance(network, scores, survivors)
    kept: dict[str, _Kept] = {}
    for group in group_table(network):
        count = counts.get(group.name)
        if count == group.channels:
            kept[group.name] = _Kept(group.channels, np.arange(count))
        elif count is not None:
            kept[group.name] = _Kept(group.channels, _chosen(importance, group, count))
    return kept


def _chosen(
    importance: Mapping[str, NDArray[np.float64]], group: ChannelGroup, count: int
) -> Indices:
    """The most important channels of each part; a count that does not divide is rounded up."""
    ranked = importance[group.name].reshape(group.parts, -1)
    each = -(-count // group.parts)
    size = ranked.shape[1]
    return np.concatenate(
        [at * size + most_important(part, each) for at, part in enumerate(ranked)]
    )


def _expand(size: int, layout: Sequence[str], kept: Mapping[str, _Kept]) -> Indices:
    """Indices along an axis that counts (position, channel), the channels laid out by groups."""
    starts = np.cumsum([0, *(kept[name].channels for name in layout)])
    once = [at + kept[name].indices for name, at in zip(layout, starts[:-1], strict=True)]
    positions = np.arange(size // starts[-1])[:, None] * starts[-1]
    found: Indices = (positions + np.concatenate(once)).ravel()
    return found
