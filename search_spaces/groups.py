"""Channel groups: the tensors whose channels can only be removed together.

A conv or linear layer starts a group. Depthwise layers, pools, flatten and transposes that leave
the channels innermost hand theirs on; an addition joins two; a concat lays several side by side,
each of which may still lose channels on its own. The input and the output fix theirs, and so does
a transpose that moves the channel axis, on both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import lcm

from hw_models.network import Layer, Network

__all__ = [
    "CHANNEL_BLOCK",
    "MIN_WIDTH_CHANNELS",
    "ChannelGroup",
    "channel_layouts",
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

    Slicing for a kept set of the group's channels: a producer or depthwise layer's weight and bias
    along their outputs; a conv or linear reader's weight along its inputs. `channel_layouts` tells
    where the group stands along such an axis; an axis that is longer still (of a linear layer that
    reads an image) counts (position, channel).

    Args:
        name: The first producer, or the first tensor where nothing produces (the input).
        channels: Count before any slicing.
        tensors: Those with channels of the group, in running order; the first has no others.
        producers: The conv and linear layers that make the channels; their weights rank them.
        followers: The layers that hand the channels on; depthwise ones have weights to slice.
        readers: The conv and linear layers that read them.
        fixed: Why no channel may go, or None.
        parts: Equal parts of the channels that must keep the same number each, for the grouped
            convolutions that make or read them.
    """

    name: str
    channels: int
    tensors: tuple[str, ...]
    producers: tuple[str, ...]
    followers: tuple[str, ...]
    readers: tuple[str, ...]
    fixed: str | None
    parts: int = 1


def kept_channels(channels: int, keep: float, parts: int = 1) -> int:
    """How many of a group's channels a width keeps: of each part whole blocks, at least one.

    Examples:
        >>> [kept_channels(32, keep) for keep in (1.0, 0.75, 0.5, 0.25)]
        [32, 24, 16, 8]
        >>> kept_channels(10, 0.5)
        4
        >>> kept_channels(32, 0.25, parts=4)
        16
    """
    if keep >= 1.0:
        return channels
    each = channels // parts
    blocks = max(1, int(each * keep / CHANNEL_BLOCK + 0.5))
    return parts * min(each, blocks * CHANNEL_BLOCK)


def group_table(network: Network) -> tuple[ChannelGroup, ...]:
    """Every channel group, in the order of their first tensors."""
    links = _Links(network)
    layouts = links.roots()
    members: dict[str, list[str]] = {}
    for name, layout in layouts.items():
        for root in dict.fromkeys(layout):
            members.setdefault(root, []).append(name)
    return tuple(_group(network, links, root, tuple(names)) for root, names in members.items())


def channel_layouts(network: Network) -> Mapping[str, tuple[str, ...]]:
    """For every tensor the groups that its channels are, in turn, by name.

    Most have one. Behind a concat there are several, and behind a flatten each stands as often as
    there were pixels.
    """
    links = _Links(network)
    roots = links.roots()
    names: dict[str, str] = {}
    for group in group_table(network):
        names[roots[group.tensors[0]][0]] = group.name
    return {tensor: tuple(names[root] for root in layout) for tensor, layout in roots.items()}


def _group(network: Network, links: "_Links", root: str, tensors: tuple[str, ...]) -> ChannelGroup:
    own = [layer for layer in network.layers if layer.name in tensors]
    producers = tuple(layer.name for layer in own if layer.op in ("conv", "linear"))
    readers = (layer for name in tensors for layer in network.consumers(name))
    return ChannelGroup(
        name=producers[0] if producers else tensors[0],
        channels=network.tensor(tensors[0]).shape[2],
        tensors=tensors,
        producers=producers,
        followers=tuple(layer.name for layer in own if layer.name not in producers),
        readers=tuple(
            dict.fromkeys(layer.name for layer in readers if layer.op in ("conv", "linear"))
        ),
        fixed=links.reason(root),
        parts=links.parts(root),
    )


class _Links:
    """A union-find over the tensors that begin a group, and every tensor's layout of them."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._parents: dict[str, str] = {}
        self._layouts: dict[str, tuple[str, ...]] = {}
        self._fixed: dict[str, str] = {}
        self._parts: dict[str, int] = {}
        self._begin(network.input.name)
        self._fix(network.input.name, "the network's input fixes them")
        for layer in network.layers:
            self._link(layer)
        self._fix(network.output.name, "the network's output fixes them")

    def roots(self) -> dict[str, tuple[str, ...]]:
        """Every tensor's layout, by the tensors that stand for their groups."""
        return {
            name: tuple(self._root(one) for one in layout) for name, layout in self._layouts.items()
        }

    def reason(self, root: str) -> str | None:
        """Why a group is fixed, or None."""
        reasons = (why for name, why in self._fixed.items() if self._root(name) == root)
        return next(reasons, None)

    def parts(self, root: str) -> int:
        """Equal parts that the grouped convolutions around a group need."""
        return lcm(*(count for name, count in self._parts.items() if self._root(name) == root))

    def _root(self, name: str) -> str:
        while self._parents[name] != name:
            name = self._parents[name]
        return name

    def _begin(self, name: str) -> None:
        self._parents[name] = name
        self._layouts[name] = (name,)

    def _fix(self, tensor: str, reason: str) -> None:
        for name in dict.fromkeys(self._layouts[tensor]):
            self._fixed.setdefault(name, reason)

    def _link(self, layer: Layer) -> None:
        source = self._network.tensor(layer.inputs[0])
        layout = self._layouts[source.name]
        moves = layer.op == "transpose" and layer.permutation[2] != 2
        if layer.op in ("conv", "linear", "argmax") or moves:
            self._begin(layer.name)
        elif layer.op == "concat":
            self._layouts[layer.name] = sum((self._layouts[one] for one in layer.inputs), ())
        else:
            height, width, _ = source.shape
            pixels = height * width if layer.op == "flatten" else 1
            self._layouts[layer.name] = layout * pixels
        if layer.op == "add":
            self._join(layer)
        if layer.groups > 1:
            self._split(layer)
        if moves:
            reason = f"the transpose {layer.name!r} moves the channel axis"
            self._fix(source.name, reason)
            self._fix(layer.name, reason)
        if layer.op in ("softmax", "argmax"):
            self._fix(source.name, f"the {layer.op} {layer.name!r} has one channel a class")
        if layer.op == "argmax":
            self._fix(layer.name, "an argmax makes one number")

    def _split(self, layer: Layer) -> None:
        source, *others = self._layouts[layer.inputs[0]]
        if others:
            self._fix(layer.inputs[0], f"the grouped convolution {layer.name!r} cuts them")
            source = layer.name
        for name in (source, layer.name):
            self._parts[name] = lcm(layer.groups, self._parts.get(name, 1))

    def _join(self, layer: Layer) -> None:
        first, second = (self._layouts[name] for name in layer.inputs)
        channels = [
            [self._network.tensor(one).shape[2] for one in each] for each in (first, second)
        ]
        if channels[0] == channels[1]:
            for one, other in zip(first, second, strict=True):
                self._parents[self._root(one)] = self._root(other)
            return
        reason = f"the addition {layer.name!r} adds flattened or concatenated channels to others"
        for name in layer.inputs:
            self._fix(name, reason)
