"""Costs of very many configurations at once: tables per layer, then a NumPy gather.

What a layer costs depends on few sites: its format and the widths around it. A table over their
options holds every cost the layer can have; rewriting and estimating are needed only to fill it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hw_models.arena import Block, pack, reaches_bound
from hw_models.device import Device
from hw_models.estimate import STATIC_BYTES, BatchCost, LayerEntry, layer_entries
from hw_models.memory import align, stored_bytes, tensor_blocks
from hw_models.network import Network
from hw_models.profile import Profile
from search_spaces.rewrite import rewrite
from search_spaces.sites import DEPTH_SITE
from search_spaces.space import Space

__all__ = ["CostTable"]

Vectors = NDArray[np.int64]


@dataclass(frozen=True)
class _LayerTable:
    """The costs of one layer, indexed by `index(vectors)`.

    Args:
        sites: Positions of the sites it depends on.
        strides: Of their options in the flat table.
        cycles: Per combination; likewise the others.
        flash_bytes: Constants and call.
        scratch_bytes: Of the kernel.
        kernels: (combinations, kernel files) bool: which files it links.
        block_bytes: Aligned size of what it stores.
    """

    sites: tuple[int, ...]
    strides: NDArray[np.int64]
    cycles: NDArray[np.int64]
    flash_bytes: NDArray[np.int64]
    scratch_bytes: NDArray[np.int64]
    kernels: NDArray[np.bool_]
    block_bytes: NDArray[np.int64]

    def index(self, vectors: Vectors) -> NDArray[np.int64]:
        """(n,) flat index of each vector's combination."""
        flat: NDArray[np.int64] = vectors[:, self.sites] @ self.strides
        return flat


@dataclass(frozen=True)
class _Depth:
    """The layers that one depth option leaves, and how their tensors share the arena."""

    layers: tuple[_LayerTable, ...]
    input_bytes: int
    blocks: tuple[Block, ...]
    makers: tuple[tuple[int, ...], ...]


class CostTable:
    """The exact cost of every configuration of a space, as `hw_models.estimate` gives it.

    Args:
        space: Of the base network.
        device: The part.
        profile: Of the runtime on the part's core.

    Raises:
        ConfigError: The profile belongs to another core.
        ModelError: A layer has no kernel, or the profile does not know it.
    """

    def __init__(self, space: Space, device: Device, profile: Profile) -> None:
        self._space = space
        self._device = device
        self._profile = profile
        self._files = tuple(sorted(profile.code.kernels))
        self._file_bytes = np.array([profile.code.kernels[name] for name in self._files])
        names = [site.name for site in space.sites]
        self._depth = names.index(DEPTH_SITE) if DEPTH_SITE in names else None
        options = 1 if self._depth is None else space.cardinalities[self._depth]
        self._depths = tuple(self._build(option) for option in range(options))

    def estimate_batch(self, vectors: Vectors | Sequence[Sequence[int]]) -> BatchCost:
        """Costs of integer vectors of the space, one array element each.

        Args:
            vectors: (n, sites) option indices, as `Space.encode` gives them.
        """
        rows = np.asarray(vectors, dtype=np.int64).reshape(-1, len(self._space.sites))
        cycles, ram, flash = (np.zeros(len(rows), dtype=np.int64) for _ in range(3))
        for option, depth in enumerate(self._depths):
            here = np.arange(len(rows))
            if self._depth is not None:
                here = np.flatnonzero(rows[:, self._depth] == option)
            if len(here):
                cycles[here], ram[here], flash[here] = self._costs(depth, rows[here])
        latency_s = cycles / self._device.cycles_per_second
        power_w = self._device.active_power_w
        return BatchCost(
            cycles=cycles,
            latency_s=latency_s,
            ram_bytes=ram,
            stack_bytes=self._profile.code.stack_bytes,
            flash_bytes=flash,
            energy_j=None if power_w is None else power_w * latency_s,
            error_pct=self._profile.errors.worst_percent,
        )

    def _costs(
        self, depth: _Depth, rows: Vectors
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        cycles = np.zeros(len(rows), dtype=np.int64)
        flash = np.full(len(rows), self._profile.code.fixed_bytes, dtype=np.int64)
        linked = np.zeros((len(rows), len(self._files)), dtype=np.bool_)
        sizes = [np.full(len(rows), depth.input_bytes, dtype=np.int64)]
        scratch = []
        for table in depth.layers:
            index = table.index(rows)
            cycles += table.cycles[index]
            flash += table.flash_bytes[index]
            linked |= table.kernels[index]
            sizes.append(table.block_bytes[index])
            scratch.append(table.scratch_bytes[index])
        flash += linked @ self._file_bytes
        return cycles, _arena_bytes(depth, sizes, scratch) + STATIC_BYTES, flash

    def _build(self, option: int) -> _Depth:
        zero = [0] * len(self._space.sites)
        if self._depth is not None:
            zero[self._depth] = option
        whole = self._network(zero)
        dependent = self._dependencies(zero, whole)
        entries: list[dict[tuple[int, ...], tuple[LayerEntry, int]]] = [{} for _ in dependent]
        for vector in self._fillers(zero, dependent, entries):
            network = self._network(vector)
            costs = layer_entries(network, self._device, self._profile)
            for sites, known, layer, cost in zip(
                dependent, entries, network.layers, costs, strict=True
            ):
                key = tuple(vector[site] for site in sites)
                known[key] = (cost, stored_bytes(network, layer))
        homes, blocks = tensor_blocks(whole)
        tensors = [whole.input.name, *(layer.name for layer in whole.layers)]
        makers = tuple(
            tuple(place for place, name in enumerate(tensors) if homes[name] == block)
            for block in range(len(blocks))
        )
        layers = tuple(self._layer_table(*item) for item in zip(dependent, entries, strict=True))
        return _Depth(layers, align(whole.input.size_bytes), blocks, makers)

    def _network(self, vector: Sequence[int]) -> Network:
        return rewrite(self._space.network, self._space, self._space.decode(vector))

    def _dependencies(self, zero: list[int], whole: Network) -> list[tuple[int, ...]]:
        """Per layer, the sites that change it or a tensor it reads."""
        found: list[list[int]] = [[] for _ in whole.layers]
        for site, bound in enumerate(self._space.cardinalities):
            if site == self._depth:
                continue
            changed = self._network([*zero[:site], bound - 1, *zero[site + 1 :]])
            for sites, old, new in zip(found, whole.layers, changed.layers, strict=True):
                if old != new or whole.inputs(old) != changed.inputs(new):
                    sites.append(site)
        return [tuple(sites) for sites in found]

    def _fillers(
        self,
        zero: list[int],
        dependent: list[tuple[int, ...]],
        entries: list[dict[tuple[int, ...], tuple[LayerEntry, int]]],
    ) -> Iterator[list[int]]:
        """Vectors that between them show every combination of every layer."""
        bounds = self._space.cardinalities
        for sites, known in zip(dependent, entries, strict=True):
            for combination in product(*(range(bounds[site]) for site in sites)):
                if combination not in known:
                    # The other sites take the same options in turn, to fill other tables as well.
                    turn = sum(combination)
                    vector = [(turn + site) % bound for site, bound in enumerate(bounds)]
                    if self._depth is not None:
                        vector[self._depth] = zero[self._depth]
                    for site, choice in zip(sites, combination, strict=True):
                        vector[site] = choice
                    yield vector

    def _layer_table(
        self,
        sites: tuple[int, ...],
        entries: dict[tuple[int, ...], tuple[LayerEntry, int]],
    ) -> _LayerTable:
        bounds = [self._space.cardinalities[site] for site in sites]
        ordered = [entries[key] for key in product(*(range(bound) for bound in bounds))]
        strides = [int(np.prod(bounds[place + 1 :])) for place in range(len(bounds))]
        flash = [cost.flash for cost, _ in ordered]
        return _LayerTable(
            sites,
            np.array(strides, dtype=np.int64),
            np.array([cost.cycles for cost, _ in ordered], dtype=np.int64),
            np.array([each.constant_bytes + each.call_bytes for each in flash], dtype=np.int64),
            np.array([cost.scratch_bytes for cost, _ in ordered], dtype=np.int64),
            np.array([[name in each.sources for name in self._files] for each in flash]),
            np.array([size for _, size in ordered], dtype=np.int64),
        )


def _arena_bytes(
    depth: _Depth, sizes: list[NDArray[np.int64]], scratch: list[NDArray[np.int64]]
) -> NDArray[np.int64]:
    """The arena of each row: the largest live sum where that is reached, else the packer's answer.

    At most two live blocks at each step can always be placed at the arena's two ends
    (hw_models.arena), so the sum is exact there. Elsewhere a few packings of all rows at once
    reach it for most of them.
    """
    blocks = [np.maximum.reduce([sizes[place] for place in makers]) for makers in depth.makers]
    steps = range(len(depth.layers))
    live = [[b for b, own in enumerate(depth.blocks) if own.first <= s <= own.last] for s in steps]
    sums = [np.sum([blocks[b] for b in live[s]], axis=0) + scratch[s] for s in steps]
    bound: NDArray[np.int64] = np.maximum.reduce(sums)
    if max(len(each) for each in live) <= 2:
        return bound
    table = np.stack([*blocks, *scratch])
    lifetimes = [*((own.first, own.last) for own in depth.blocks), *((s, s) for s in steps)]
    left = np.flatnonzero(~reaches_bound(lifetimes, table, bound))
    unique, inverse = np.unique(table[:, left], axis=1, return_inverse=True)
    packed = np.array([_packed(depth, row.tolist()) for row in unique.T], dtype=np.int64)
    bound[left] = packed[inverse.reshape(-1)]
    return bound


def _packed(depth: _Depth, row: list[int]) -> int:
    count = len(depth.blocks)
    sized = zip(depth.blocks, row[:count], strict=True)
    blocks = tuple(Block(own.first, own.last, size) for own, size in sized)
    return pack(blocks, tuple(row[count:])).size_bytes
