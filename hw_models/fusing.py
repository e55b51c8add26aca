"""Which max pools are fused to the convolution before them: those that make the arena smaller.

The choice is made once, on the uncompressed network, so that every configuration inherits it.
"""

from collections.abc import Collection
from dataclasses import replace

from hw_models.layer import padding_fits
from hw_models.memory import plan_memory
from hw_models.network import Layer, Network

__all__ = ["fusable_pools", "fuse_pools"]


def fuse_pools(network: Network) -> Network:
    """The same network, with as few pools fused as the smallest arena that fusing gives needs.

    The convolution then runs in strips that are pooled at once, and its output takes no room in
    the arena. Results stay the same; a strip costs some cycles, so nothing is fused in vain.

    Raises:
        ModelError: A layer has no kernel.
    """
    chosen = list(fusable_pools(network))
    best = _arenas(_fused(network, chosen))
    for name in tuple(chosen):
        fewer = [other for other in chosen if other != name]
        arenas = _arenas(_fused(network, fewer))
        if all(new <= old for new, old in zip(arenas, best, strict=True)):
            chosen, best = fewer, arenas
    before = _arenas(network)
    is_smaller = all(new <= old for new, old in zip(best, before, strict=True)) and best != before
    return _fused(network, chosen) if is_smaller else network


def fusable_pools(network: Network) -> tuple[str, ...]:
    """The pools that could be fused, by name."""
    return tuple(layer.name for layer in network.layers if _is_fusable(network, layer))


def _is_fusable(network: Network, layer: Layer) -> bool:
    if layer.op != "max_pool" or any(layer.padding) or layer.stride != layer.kernel:
        return False
    if layer.inputs[0] == network.input.name:
        return False
    maker = network.layer(layer.inputs[0])
    is_alone = len(network.consumers(maker.name)) == 1
    return maker.op in ("conv", "depthwise") and is_alone and padding_fits(maker)


def _fused(network: Network, names: Collection[str]) -> Network:
    layers = (replace(each, fused=True) if each.name in names else each for each in network.layers)
    return replace(network, layers=tuple(layers))


def _arenas(network: Network) -> list[int]:
    return [plan_memory(network, cores).arena_bytes for cores in ("base", "dsp")]
