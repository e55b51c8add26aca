"""Cycles of xnor layers inside a chain, where inputs and outputs are bits."""

from collections.abc import Sequence
from dataclasses import replace

from dse.bench.formats import LAYER_KINDS
from dse.bench.kernels import KernelFigure, bench_layers, layer_cycles
from hw_models.binary import with_binary_tensors
from hw_models.network import Layer, Network

__all__ = ["CHAIN_FORMAT", "chain_figures", "in_a_chain"]

CHAIN_FORMAT = "xnor chain"
"""How the figures name a layer that reads and makes bits."""


def chain_figures(cores: Sequence[str]) -> list[KernelFigure]:
    """Run convolutions of other figures with an xnor layer before and behind, on virtual boards.

    Args:
        cores: Of the virtual board.

    Returns:
        A figure a layer and core, of the layer in the middle; `format` is `CHAIN_FORMAT`.

    Raises:
        ToolError: The compiler or the emulator is missing or failed.
    """
    kinds = {**bench_layers(), **LAYER_KINDS}
    return [
        KernelFigure(name, core, CHAIN_FORMAT, chain.macs(chain.layers[1]), cycles)
        for name, kind in kinds.items()
        if kind.layers[0].op == "conv"
        for chain in (in_a_chain(kind),)
        for core in cores
        for cycles in (layer_cycles(chain, core, "xnor")[1],)
    ]


def in_a_chain(network: Network) -> Network:
    """A layer that keeps the shape of its input, three times in a row as xnor, bits between."""
    layers: list[Layer] = []
    for place in range(3):
        source = layers[-1].name if layers else network.input.name
        own = replace(network.layers[0], name=f"l{place}", inputs=(source,), weight_format="xnor")
        layers.append(own)
    return with_binary_tensors(replace(network, layers=tuple(layers)))
