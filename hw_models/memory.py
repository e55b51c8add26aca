"""The arena planner: where every tensor and every kernel's scratch lies in RAM.

The exporter writes these offsets into the C code, so what is predicted is what is linked. A
tensor lives from the layer that makes it (the network's input: from the start) to the last layer
that reads it (the output: to the end). A front end is one step before the layers: the input is all
that lies beside its scratch.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hw_models.arena import Block, pack
from hw_models.front_end_cost import front_end_bytes
from hw_models.kernels import IN_PLACE, CoreClass, scratch_bytes
from hw_models.network import Layer, Network
from hw_models.strips import is_virtual

__all__ = [
    "MemoryPlan",
    "align",
    "arena_bytes",
    "front_scratch",
    "plan_memory",
    "stored_bytes",
    "tensor_blocks",
]

ALIGNMENT = 4


@dataclass(frozen=True)
class MemoryPlan:
    """Offsets in the arena, all multiples of 4.

    Args:
        offsets: Of every tensor, by name.
        scratch_offsets: Of the scratch of every layer that needs some, by layer name.
        arena_bytes: Size of the arena.
        lower_bound_bytes: Largest sum of bytes live at one layer; no arena is smaller.
        is_optimal: Whether no smaller arena exists for this running order and these in-place
            choices, as proved by the bound or by an exhaustive search.
        front_end_offset: Of the front end's scratch; None where there is none.
    """

    offsets: Mapping[str, int]
    scratch_offsets: Mapping[str, int]
    arena_bytes: int
    lower_bound_bytes: int
    is_optimal: bool
    front_end_offset: int | None = None


def plan_memory(network: Network, core_class: CoreClass) -> MemoryPlan:
    """Plan the arena of a network.

    A flatten is the same bytes as its input; a convolution with a fused pool stores what the pool
    leaves. A layer whose kernel allows it (kernels.IN_PLACE)
    writes over an input that nobody reads later.

    Raises:
        ModelError: A layer has no kernel.
    """
    scratch = tuple(align(scratch_bytes(network, layer, core_class)) for layer in network.layers)
    homes, blocks = tensor_blocks(network)
    front = front_scratch(network)
    packing = pack(blocks, (*front, *scratch))
    offsets = packing.scratch_offsets
    return MemoryPlan(
        {name: packing.offsets[index] for name, index in homes.items()},
        {
            layer.name: offset
            for layer, offset, size in zip(
                network.layers, offsets[len(front) :], scratch, strict=True
            )
            if size
        },
        packing.size_bytes,
        packing.lower_bound_bytes,
        packing.is_optimal,
        offsets[0] if front else None,
    )


def arena_bytes(network: Network, scratch: tuple[int, ...]) -> int:
    """Size of the arena alone.

    Args:
        network: Whose arena.
        scratch: Bytes of scratch of every layer, multiples of 4.
    """
    return pack(tensor_blocks(network)[1], (*front_scratch(network), *scratch)).size_bytes


def front_scratch(network: Network) -> tuple[int, ...]:
    """Bytes of scratch of the steps before the first layer: of the front end, if there is one."""
    return () if network.front_end is None else (front_end_bytes(network.front_end),)


def align(size_bytes: int) -> int:
    """The next multiple of 4.

    >>> align(5), align(8)
    (8, 8)
    """
    return (size_bytes + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def stored_bytes(network: Network, layer: Layer) -> int:
    """Bytes in the arena that a layer's output takes: none where a pool is fused to it."""
    return 0 if network.fused_pool(layer) else align(layer.output.size_bytes)


def tensor_blocks(network: Network) -> tuple[dict[str, int], tuple[Block, ...]]:
    """The block of every tensor, and the blocks by their first step, the front end's included.

    Blocks and lifetimes follow from the graph; of the shapes only the sizes do.
    """
    last_use = _last_uses(network)
    homes = {network.input.name: 0}
    blocks = [Block(0, last_use[network.input.name], align(network.input.size_bytes))]
    for step, layer in enumerate(network.layers):
        last = last_use[layer.name]
        home = _shared_home(layer, step, homes, blocks, last_use)
        if home is None:
            homes[layer.name] = len(blocks)
            stored = network.fused_pool(layer) or layer
            blocks.append(Block(step, last, stored_bytes(network, stored)))
        else:
            homes[layer.name] = home
            first, end, size = blocks[home]
            blocks[home] = Block(first, max(end, last), size)
    late = len(front_scratch(network))
    later = (Block(first + late, last + late, size) for first, last, size in blocks[1:])
    return homes, (Block(0, blocks[0].last + late, blocks[0].size), *later)


def _last_uses(network: Network) -> dict[str, int]:
    last = {network.input.name: 0}
    for step, layer in enumerate(network.layers):
        last[layer.name] = step
        for name in layer.inputs:
            last[name] = step
    last[network.layers[-1].name] = len(network.layers) - 1
    return last


def _shared_home(
    layer: Layer,
    step: int,
    homes: Mapping[str, int],
    blocks: list[Block],
    last_use: Mapping[str, int],
) -> int | None:
    """The block that a layer's output shares with an input, if it may."""
    if is_virtual(layer):
        return homes[layer.inputs[0]]
    if layer.op not in IN_PLACE:
        return None
    size = align(layer.output.size_bytes)
    for name in layer.inputs:
        home = homes[name]
        if last_use[name] == step and blocks[home].last == step and blocks[home].size == size:
            return home
    return None
