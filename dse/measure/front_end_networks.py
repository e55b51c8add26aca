"""Measuring networks with a front end: all sizes that its loops can have, few layers."""

import numpy as np

from hw_models.front_end import FrontEnd
from hw_models.network import Layer, Network, Tensor

__all__ = ["front_end_networks"]

NETWORKS = 12
_RATE = 16000
_LEAST, _MOST = 60, 1100


def front_end_networks(seed: int = 0, count: int = NETWORKS) -> tuple[Network, ...]:
    """Networks named f00, f01 ...: log-mel and mfcc in turn, of a few frames each."""
    rng = np.random.default_rng([seed, 2])
    return tuple(_network(f"f{index:02d}", index, rng) for index in range(count))


def _network(name: str, index: int, rng: np.random.Generator) -> Network:
    window = int(np.exp(rng.uniform(np.log(_LEAST), np.log(_MOST))))
    points = 1 << (window - 1).bit_length()
    bands = int(rng.integers(8, 65))
    is_cepstrum = index % 2 == 0
    coefficients = int(rng.integers(5, min(bands, 21))) if is_cepstrum else bands
    front_end = FrontEnd(
        "mfcc" if is_cepstrum else "log-mel",
        _RATE,
        window,
        int(rng.integers(window // 3, window + 1)),
        points,
        bands,
        coefficients,
        lowest_hz=float(rng.uniform(0, 300)),
        highest_hz=float(rng.uniform(3000, _RATE / 2)),
        floor=1e-6,
        mean=(3000.5,) * coefficients,
        deviation=(900.25,) * coefficients,
    )
    source = Tensor("input", (int(rng.integers(2, 6)), coefficients, 1))
    return Network(name, source, _layers(source, rng), front_end)


def _layers(source: Tensor, rng: np.random.Generator) -> tuple[Layer, ...]:
    """Two convolutions and what makes classes of them, small and yet several."""
    height, width, _ = source.shape
    image = Layer(
        "conv",
        "conv",
        ("input",),
        (height, width, int(rng.integers(2, 6))),
        "s8",
        kernel=(3, 3),
        padding=(1, 1, 1, 1),
    )
    narrow = Layer("pointwise", "conv", ("conv",), (height, width, 3), "s8")
    flat = Layer("flat", "flatten", ("pointwise",), (1, 1, height * width * 3))
    head = Layer("fc", "linear", ("flat",), (1, 1, int(rng.integers(12, 40))), "s8")
    return image, narrow, flat, head
