"""Measuring networks of binary layers with whole words of channels."""

import numpy as np

from hw_models.network import Layer, Network, Tensor

__all__ = ["wide_network"]

_NARROW_NETWORKS = 6
_WIDEST = 33


def wide_network(index: int, rng: np.random.Generator, *, has_linear: bool = True) -> Network:
    """Binary layers of whole words of channels, which the random chains hardly reach.

    From index 6 onwards they have up to four words a pixel, before only up to two in the first.
    """
    size = int(rng.integers(4, 7))
    last = Tensor("input", (size, int(rng.integers(4, 7)), 4 * int(rng.integers(17, 25))))
    source, layers = last, []
    for each, width in enumerate((3, 3, 5, 3, 1)):
        most = _WIDEST if index >= _NARROW_NETWORKS else 17 if each < 2 else 25
        channels = 4 * int(rng.integers(9, most))
        pad = width // 2
        layer = Layer(
            f"l{each}",
            "conv",
            (last.name,),
            (*last.shape[:2], channels),
            "xnor",
            (width, width),
            padding=(pad, pad, pad, pad),
        )
        layers.append(layer)
        last = layer.output
    if has_linear:
        outputs = (1, 1, int(rng.integers(16, 64)))
        layers.append(Layer("fc", "linear", (last.name,), outputs, "xnor"))
    return Network(f"w{index}", source, tuple(layers))
