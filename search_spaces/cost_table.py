"""Costs of very many configurations at once: tables per layer, then a NumPy gather.

What a layer costs depends on few sites: its format and the widths around it. A table over their
options holds every cost the layer can have; rewriting and estimating are needed only to fill it.
Behind a concat a layer depends on many sites; what it costs there is looked up by its shape, and
worked out when a shape is first seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from hw_models.arena import Block, pack, reaches_bound
from hw_models.device import Device
from hw_models.estimate import STATIC_BYTES, BatchCost, front_end_entries, layer_entries
from hw_models.memory import align, front_scratch, stored_bytes, tensor_blocks
from hw_models.network import Network
from hw_models.profile import Profile
from search_spaces.bit_paths import BitPath, are_bits, bit_paths, realised
from search_spaces.layer_tables import GrowingLayer, Known, LayerTable, WholeLayer, tabulate
from search_spaces.options import Format
from search_spaces.rewrite import rewrite
from search_spaces.shape_keys import shape_key
from search_spaces.sites import DEPTH_SITE
from search_spaces.space import Space

__all__ = ["CostTable"]

LARGEST_TABLE = 4096
"""Combinations of options that are worked out beforehand."""

Vectors = NDArray[np.int64]


@dataclass(frozen=True)
class _Depth:
    """The layers that one depth option leaves, and how their tensors share the arena.

    Their sites are those of the space, and behind them paths of bits.
    """

    paths: tuple[BitPath, ...]
    layers: tuple[WholeLayer | GrowingLayer, ...]
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
        self._front = front_end_entries(space.network, device, profile)
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
        rows = np.concatenate([rows, are_bits(depth.paths, rows)], axis=1)
        flash = np.full(len(rows), self._profile.code.fixed_bytes, dtype=np.int64)
        linked = np.zeros((len(rows), len(self._files)), dtype=np.bool_)
        sizes = [np.full(len(rows), depth.input_bytes, dtype=np.int64)]
        scratch = [np.full(len(rows), size) for size in front_scratch(self._space.network)]
        for entry in self._front:
            cycles += entry.cycles
            flash += entry.flash.constant_bytes + entry.flash.call_bytes
            linked |= [name in entry.flash.sources for name in self._files]
        for layer in depth.layers:
            table, index = self._look_up(depth, layer, rows)
            cycles += table.cycles[index]
            flash += table.flash_bytes[index]
            linked |= table.kernels[index]
            sizes.append(table.block_bytes[index])
            scratch.append(table.scratch_bytes[index])
        flash += linked @ self._file_bytes
        return cycles, _arena_bytes(depth, sizes, scratch) + STATIC_BYTES, flash

    def _look_up(
        self, depth: _Depth, layer: WholeLayer | GrowingLayer, rows: Vectors
    ) -> tuple[LayerTable, NDArray[np.int64]]:
        """Costs of a layer, and which of them each row has."""
        if isinstance(layer, WholeLayer):
            return layer.table, layer.index(rows)
        keys, first, inverse = np.unique(
            layer.key.columns(rows), axis=0, return_index=True, return_inverse=True
        )
        names = [tuple(key) for key in keys.tolist()]
        for name, row in zip(names, first, strict=True):
            if name not in layer.known:
                self._learn(depth, rows[row])
        return tabulate([layer.known[name] for name in names], self._files), inverse.reshape(-1)

    def _learn(self, depth: _Depth, vector: Vectors) -> None:
        """Work out one configuration for every layer that grows."""
        network = self._network(vector[: len(self._space.sites)].tolist())
        costs = layer_entries(network, self._device, self._profile)
        for layer in depth.layers:
            if isinstance(layer, GrowingLayer):
                name = tuple(layer.key.columns(vector[None])[0].tolist())
                stored = stored_bytes(network, network.layers[layer.place])
                layer.known[name] = (costs[layer.place], stored)

    def _build(self, option: int) -> _Depth:
        zero = [0] * len(self._space.sites)
        if self._depth is not None:
            zero[self._depth] = option
        whole = self._network(zero)
        paths = self._bit_paths(zero)
        dependent = self._dependencies(zero, whole, paths)
        entries: list[dict[tuple[int, ...], Known]] = [{} for _ in dependent]
        small = [self._is_small(sites) for sites in dependent]
        for vector in self._fillers(zero, dependent, entries, paths):
            network = self._network(vector)
            extended = (*vector, *are_bits(paths, np.array([vector]))[0].tolist())
            costs = layer_entries(network, self._device, self._profile)
            for sites, known, layer, cost in zip(
                dependent, entries, network.layers, costs, strict=True
            ):
                key = tuple(extended[site] for site in sites)
                known[key] = (cost, stored_bytes(network, layer))
        homes, blocks = tensor_blocks(whole)
        tensors = [whole.input.name, *(layer.name for layer in whole.layers)]
        makers = tuple(
            tuple(place for place, name in enumerate(tensors) if homes[name] == block)
            for block in range(len(blocks))
        )
        layers = tuple(
            self._whole(sites, known)
            if is_small
            else GrowingLayer(place, shape_key(self._space, whole, whole.layers[place], sites), {})
            for place, (sites, known, is_small) in enumerate(
                zip(dependent, entries, small, strict=True)
            )
        )
        return _Depth(paths, layers, align(whole.input.size_bytes), blocks, makers)

    def _network(self, vector: Sequence[int]) -> Network:
        return rewrite(self._space.network, self._space, self._space.decode(vector))

    def _bit_paths(self, zero: list[int]) -> tuple[BitPath, ...]:
        binary = [
            site.options.index(Format("xnor")) if Format("xnor") in site.options else option
            for site, option in zip(self._space.sites, zero, strict=True)
        ]
        bounds = list(self._space.cardinalities)
        if self._depth is not None:
            bounds[self._depth] = 1
        return bit_paths(self._network, binary, bounds)

    def _dependencies(
        self, zero: list[int], whole: Network, paths: Sequence[BitPath]
    ) -> list[tuple[int, ...]]:
        """Per layer, the sites that change it or a tensor it reads, and paths that it is on."""
        found: list[list[int]] = [[] for _ in whole.layers]
        for site, bound in enumerate(self._space.cardinalities):
            if site == self._depth:
                continue
            changed = self._network([*zero[:site], bound - 1, *zero[site + 1 :]])
            for sites, old, new in zip(found, whole.layers, changed.layers, strict=True):
                if old != new or whole.inputs(old) != changed.inputs(new):
                    sites.append(site)
        for place, path in enumerate(paths):
            for sites, layer in zip(found, whole.layers, strict=True):
                if path.tensors & {layer.name, *layer.inputs}:
                    sites.append(len(zero) + place)
        return [tuple(sites) for sites in found]

    def _fillers(
        self,
        zero: list[int],
        dependent: list[tuple[int, ...]],
        entries: list[dict[tuple[int, ...], Known]],
        paths: Sequence[BitPath],
    ) -> Iterator[list[int]]:
        """Vectors that between them show every combination of every layer with few of them."""
        bounds = self._space.cardinalities
        for sites, known in zip(dependent, entries, strict=True):
            if not self._is_small(sites):
                continue
            own = [site for site in sites if site < len(bounds)]
            for combination in product(*(range(bound) for bound in self._bounds(sites))):
                if combination not in known:
                    # The other sites take the same options in turn, to fill other tables as well.
                    turn = sum(combination)
                    vector = [(turn + site) % bound for site, bound in enumerate(bounds)]
                    if self._depth is not None:
                        vector[self._depth] = zero[self._depth]
                    for site, choice in zip(own, combination, strict=False):
                        vector[site] = choice
                    wanted = [
                        (paths[site - len(bounds)], bits)
                        for site, bits in zip(sites, combination, strict=True)
                        if site >= len(bounds)
                    ]
                    found = realised(vector, own, wanted)
                    if found is not None:
                        yield found

    def _bounds(self, sites: Sequence[int]) -> list[int]:
        """Options of sites; a path is bits or not."""
        bounds = self._space.cardinalities
        return [bounds[site] if site < len(bounds) else 2 for site in sites]

    def _is_small(self, sites: tuple[int, ...]) -> bool:
        return prod(self._bounds(sites)) <= LARGEST_TABLE

    def _whole(self, sites: tuple[int, ...], entries: dict[tuple[int, ...], Known]) -> WholeLayer:
        bounds = self._bounds(sites)
        # Combinations that no configuration has take any costs.
        some = next(iter(entries.values()))
        ordered = [entries.get(key, some) for key in product(*(range(bound) for bound in bounds))]
        strides = [int(np.prod(bounds[place + 1 :])) for place in range(len(bounds))]
        return WholeLayer(sites, np.array(strides, dtype=np.int64), tabulate(ordered, self._files))


def _arena_bytes(
    depth: _Depth, sizes: list[NDArray[np.int64]], scratch: list[NDArray[np.int64]]
) -> NDArray[np.int64]:
    """The arena of each row: the largest live sum where that is reached, else the packer's answer.

    At most two live blocks at each step can always be placed at the arena's two ends
    (hw_models.arena), so the sum is exact there. Elsewhere a few packings of all rows at once
    reach it for most of them.
    """
    blocks = [np.maximum.reduce([sizes[place] for place in makers]) for makers in depth.makers]
    steps = range(len(scratch))
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
