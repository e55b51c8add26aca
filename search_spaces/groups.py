"""Channel groups: the tensors whose channels can only be removed together.

A conv or linear layer starts a group. Depthwise layers, pools, flatten and transposes that leave
the channels innermost hand theirs on; an addition joins two. The input and the output fix theirs,
and so does a transpose that moves the channel axis, on both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hw_models.network import Layer, Network

__all__ = [
    "CHANNEL_BLOCK",
    "MIN_WIDTH_CHANNELS",
    "ChannelGroup",
    "channel_groups",
    "group_table",
    "kept_channels",
]

CHANNEL_BLOCK = 4
"""The kernels take input channels four at a time (two SMLAD, one 32-bit load) and make output
channels in blocks of two, so a count that is no multiple of four pays for channels it lacks."""

MIN_WIDTH_CHANNELS = 2 * CHANNEL_BLOCK


@dataclass(frozen=True)
class ChannelGroup:
    """Tensors that keep or lose the same channels.

    Slicing for a kept set `kept` of the group's channels: a producer or depthwise layer's
    weight and bias along their outputs; a conv or linear reader's weight along its inputs. An axis
    with more than `channels` entries (behind a flatten) counts (position, channel), so
    `axis.reshape(-1, channels)[:, kept]` slices every case.

    Args:
        name: The first producer, or the first tensor where nothing produces (the input).
        channels: Count before any slicing.
        tensors: In running order.
        producers: The conv and linear layers that make the channels; their weights rank them.
        followers: The layers that hand the channels on; depthwise ones have weights to slice.
        readers: The conv and linear layers that read them.
        fixed: Why no channel may go, or None.
    """

    name: str
    channels: int
    tensors: tuple[str, ...]
    producers: tuple[str, ...]
    followers: tuple[str, ...]
    readers: tuple[str, ...]
    fixed: str | None


def kept_channels(channels: int, keep: float) -> int:
    """How many of a group's channels a width keeps: rounded to the kernel block, at least one.

    Examples:
        >>> [kept_channels(32, keep) for keep in (1.0, 0.75, 0.5, 0.25)]
        [32, 24, 16, 8]
        >>> kept_channels(10, 0.5)
        4
    """
    if keep >= 1.0:
        return channels
    blocks = max(1, int(channels * keep / CHANNEL_BLOCK + 0.5))
    return min(channels, blocks * CHANNEL_BLOCK)


def channel_groups(network: Network) -> Mapping[str, str]:
    """The name of the group that each tensor's channels belong to."""
    return {tensor: group.name for group in group_table(network) for tensor in group.tensors}


def group_table(network: Network) -> tuple[ChannelGroup, ...]:
    """Every channel group, in the order of their first tensors."""
    links = _Links(network)
    members: dict[str, list[str]] = {}
    for tensor in network.tensors:
        members.setdefault(links.root(tensor.name), []).append(tensor.name)
    return tuple(_group(network, links, tuple(names)) for names in members.values())


def _group(network: Network, links: "_Links", tensors: tuple[str, ...]) -> ChannelGroup:
    own = [layer for layer in network.layers if layer.name in tensors]
    producers = tuple(layer.name for layer in own if layer.op in ("conv", "linear"))
    first = network.tensor(tensors[0])
    readers = (layer for name in tensors for layer in network.consumers(name))
    return ChannelGroup(
        name=producers[0] if producers else first.name,
        channels=first.shape[2] // links.repeats[first.name],
        tensors=tensors,
        producers=producers,
        followers=tuple(layer.name for layer in own if layer.name not in producers),
        readers=tuple(
            dict.fromkeys(layer.name for layer in readers if layer.op in ("conv", "linear"))
        ),
        fixed=next((links.fixed[name] for name in tensors if name in links.fixed), None),
    )


class _Links:
    """A union-find over tensors. repeats: how often a tensor's last axis holds the group."""

    def __init__(self, network: Network) -> None:
        self.parents = {tensor.name: tensor.name for tensor in network.tensors}
        self.repeats = {network.input.name: 1}
        self.fixed = {network.input.name: "the network's input fixes them"}
        for layer in network.layers:
            self._link(network, layer)
        self.fixed.setdefault(network.output.name, "the network's output fixes them")

    def root(self, name: str) -> str:
        """The tensor that stands for a tensor's group."""
        while self.parents[name] != name:
            name = self.parents[name]
        return name

    def _link(self, network: Network, layer: Layer) -> None:
        source = network.tensor(layer.inputs[0])
        repeats = self.repeats[source.name]
        moves = layer.op == "transpose" and layer.permutation[2] != 2
        if layer.op in ("conv", "linear", "argmax") or moves:
            self.repeats[layer.name] = 1
        else:
            height, width, _ = source.shape
            self.repeats[layer.name] = repeats * (height * width if layer.op == "flatten" else 1)
            for name in layer.inputs:
                self.parents[self.root(layer.name)] = self.root(name)
        if moves:
            reason = f"the transpose {layer.name!r} moves the channel axis"
            self.fixed.setdefault(source.name, reason)
            self.fixed.setdefault(layer.name, reason)
        if layer.op in ("softmax", "argmax"):
            self.fixed.setdefault(
                source.name, f"the {layer.op} {layer.name!r} has one channel a class"
            )
        if layer.op == "argmax":
            self.fixed.setdefault(layer.name, "an argmax makes one number")
        if len({self.repeats[name] for name in layer.inputs}) > 1:
            reason = f"the addition {layer.name!r} adds flattened channels to others"
            self.fixed.setdefault(layer.name, reason)
