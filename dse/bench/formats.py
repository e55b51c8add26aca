"""Cycles of single layers in every weight format: what a format costs or saves."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from dse.bench.kernels import KernelFigure, layer_cycles
from hw_models.errors import ModelError
from hw_models.network import Layer, Network, Op, Shape, Tensor, WeightFormat

__all__ = ["FORMATS", "LAYER_KINDS", "format_figures"]

FORMATS: tuple[WeightFormat, ...] = ("s8", "s4", "s2", "p4", "p3", "p2", "sparse8", "xnor")
_DENSITY = 0.5


def _kind(op: Op, source: Shape, outputs: int, size: int = 1) -> Network:
    """A network of one layer; windows are square, with padding and stride 1."""
    pad = size // 2
    layer = Layer(
        "layer",
        op,
        ("input",),
        (*source[:2], outputs),
        "s8",
        kernel=(size, size),
        padding=(pad, pad, pad, pad),
        activation="relu",
    )
    return Network(op, Tensor("input", source), (layer,))


LAYER_KINDS: dict[str, Network] = {
    **{f"conv3x3-{n}": _kind("conv", (8, 8, n), n, 3) for n in (16, 64)},
    **{f"pointwise-{n}": _kind("conv", (8, 8, n), n) for n in (16, 64)},
    **{f"depthwise3x3-{n}": _kind("depthwise", (8, 8, n), n, 3) for n in (64,)},
    **{f"linear-{n}x{m}": _kind("linear", (1, 1, n), m) for n, m in ((640, 128), (64, 10))},
}
"""Layers by name: the number is that of the channels."""


def format_figures(cores: Sequence[str]) -> list[KernelFigure]:
    """Run single layers with random weights on virtual boards, in each format that they can have.

    Args:
        cores: Of the virtual board.

    Returns:
        A figure a kind, format and core; `network` names the kind. Of sparse8 half is stored.

    Raises:
        ToolError: The compiler or the emulator is missing or failed.
    """
    return [
        KernelFigure(
            name, core, weights, network.total_macs, sum(layer_cycles(network, core, weights))
        )
        for name, kind in LAYER_KINDS.items()
        for weights in FORMATS
        if (network := _in_format(kind, weights)) is not None
        for core in cores
    ]


def _in_format(network: Network, weights: WeightFormat) -> Network | None:
    (layer,) = network.layers
    kept = None
    if weights == "sparse8":
        kept = round(_DENSITY * prod(network.weight_shape(layer)[1:]))
    try:
        own = replace(layer, weight_format=weights, row_nonzeros=kept)
        return replace(network, layers=(own,))
    except ModelError:
        return None
