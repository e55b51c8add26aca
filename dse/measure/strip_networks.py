"""Measuring networks whose layers run in strips: tensors of 4 bits, pools fused to convolutions."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hw_models.errors import ModelError
from hw_models.layer import padding_fits
from hw_models.network import (
    ActivationFormat,
    Layer,
    Network,
    Tensor,
    WeightFormat,
    expected_shape,
)

__all__ = ["deepest_network", "in_strips"]

NARROW_SHARE = 0.6
FUSED_SHARE = 0.4
_WINDOWS = ((2, 2), (2, 2), (1, 2), (3, 3), (2, 1))
_FLAT_WINDOWS = ((1, 2), (1, 3), (1, 8), (1, 20))
_KEEPS_FORMAT = ("max_pool", "flatten")


def in_strips(network: Network, rng: np.random.Generator) -> Network:
    """A chain of layers again, most tensors in s4 and pools fused to many of its convolutions.

    Layers that are not legal where they come to stand are left out; input and output stay bytes.

    Args:
        network: Every layer reads the one before it.
        rng: Of the choices.
    """
    layers: list[Layer] = []
    for layer in network.layers:
        last = layers[-1].output if layers else network.input
        made = _made(layer, last, rng)
        pool = None if made is None else _pool(made, rng)
        for each in (made, pool):
            if each is not None:
                layers.append(replace(each, name=f"l{len(layers)}"))
                if each is pool:
                    layers[-1] = replace(layers[-1], inputs=(layers[-2].name,))
    if layers[-1].format == "s4":
        last = layers[-1].output
        layers.append(Layer(f"l{len(layers)}", "add", (last.name,) * 2, last.shape))
    return Network(network.name, network.input, tuple(layers))


def deepest_network() -> Network:
    """Convolutions in strips whose rows are expanded first: no other calls take as much stack."""
    source = Tensor("input", (18, 17, 8))
    kinds: tuple[tuple[WeightFormat, int], ...] = (("sparse8", 12), ("p4", 10), ("p3", 16))
    last, layers = source, []
    for index, (weights, channels) in enumerate(kinds):
        height, width, _ = last.shape
        conv = Layer(
            f"l{2 * index}",
            "conv",
            (last.name,),
            (height, width, channels),
            weights,
            (3, 3),
            padding=(1, 1, 1, 1),
            row_nonzeros=29 if weights == "sparse8" else None,
        )
        shape = (height // 2, width // 2, channels)
        pool = Layer(
            f"l{2 * index + 1}", "max_pool", (conv.name,), shape, kernel=(2, 2), stride=(2, 2)
        )
        layers += [conv, replace(pool, fused=True)]
        last = pool.output
    return Network("t0", source, tuple(layers))


def _made(layer: Layer, last: Tensor, rng: np.random.Generator) -> Layer | None:
    """The layer behind a tensor, or None."""
    is_narrow = rng.random() < NARROW_SHARE
    chosen: ActivationFormat = "s4" if is_narrow else "s8"
    formats: Sequence[ActivationFormat] = (chosen, "s8")
    if layer.op in _KEEPS_FORMAT:
        formats = (last.format,)
    if layer.format == "s16":
        formats = ("s16",)
    for output in formats:
        own = replace(layer, inputs=(last.name,) * len(layer.inputs), format=output)
        try:
            own = replace(own, shape=expected_shape(own, (last,) * len(layer.inputs)))
            Network("trial", last, (own,))
        except ModelError:
            continue
        return own
    return None


def _pool(layer: Layer, rng: np.random.Generator) -> Layer | None:
    """A pool to fuse to a layer, or None."""
    wanted = layer.op in ("conv", "depthwise") and rng.random() < FUSED_SHARE
    windows = _FLAT_WINDOWS if layer.shape[0] == 1 else _WINDOWS
    window = windows[int(rng.integers(len(windows)))]
    height, width, channels = layer.shape
    shape = (height // window[0], width // window[1], channels)
    if not wanted or min(shape) < 1 or not padding_fits(layer):
        return None
    pool = Layer("pool", "max_pool", (layer.name,), shape, kernel=window, stride=window)
    return replace(pool, format=layer.format, fused=True)
