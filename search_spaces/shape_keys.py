"""What the cost of a layer depends on, in whole numbers, for many configurations at once.

A layer behind a concat reads the channels of many groups, and so depends on many widths; its cost
depends on their sum alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.network import Layer, Network
from search_spaces.groups import channel_layouts, group_table
from search_spaces.options import Width
from search_spaces.space import Space

__all__ = ["ShapeKey", "shape_key"]

Vectors = NDArray[np.int64]


@dataclass(frozen=True)
class _Channels:
    """The channels of a tensor: those that never change, and those of every width site."""

    constant: int
    sites: tuple[tuple[int, Vectors], ...]

    def of(self, vectors: Vectors) -> Vectors:
        total = np.full(len(vectors), self.constant, dtype=np.int64)
        for site, by_option in self.sites:
            total += by_option[vectors[:, site]]
        return total


@dataclass(frozen=True)
class ShapeKey:
    """Equal rows of `columns` mean equal costs of the layer."""

    options: tuple[int, ...]
    tensors: tuple[_Channels, ...]

    def columns(self, vectors: Vectors) -> Vectors:
        """(n, numbers) for (n, sites) option indices: options of sites, channels of tensors."""
        channels = [tensor.of(vectors) for tensor in self.tensors]
        found: Vectors = np.column_stack([vectors[:, self.options], *channels])
        return found


def shape_key(space: Space, network: Network, layer: Layer, sites: Sequence[int]) -> ShapeKey:
    """The key of a layer.

    Args:
        space: Of the base network.
        network: At one depth of the space, every other site at its first option.
        layer: Of that network.
        sites: Positions of those that change the layer or a tensor it reads; behind those of the
            space, of other columns.
    """
    count = len(space.sites)
    others = tuple(each for each in sites if each >= count or space.sites[each].kind != "width")
    names = dict.fromkeys((*layer.inputs, layer.name))
    return ShapeKey(others, tuple(_channels(space, network, name) for name in names))


def _channels(space: Space, network: Network, tensor: str) -> _Channels:
    places = {site.name: place for place, site in enumerate(space.sites)}
    base = channel_layouts(space.network)
    groups = {group.name: group for group in group_table(network)}
    constant, sites = 0, []
    for name in channel_layouts(network)[tensor]:
        group = groups[name]
        place = places.get(f"width:{base.get(group.tensors[0], ('',))[0]}")
        if place is None:
            constant += group.channels
            continue
        options = [one for one in space.sites[place].options if isinstance(one, Width)]
        kept = [space.kept(space.sites[place], one) for one in options]
        sites.append((place, np.array(kept, dtype=np.int64)))
    return _Channels(constant, tuple(sites))
