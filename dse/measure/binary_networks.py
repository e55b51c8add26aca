"""Measuring networks whose tensors are bits: xnor layers and max pools behind one another."""

from dataclasses import replace

import numpy as np

from hw_models.binary import with_binary_tensors
from hw_models.network import Layer, Network, Shape, Tensor, expected_shape

__all__ = ["binary_networks"]

LAYERS = 8
POOL_SHARE = 0.3
BYTES_SHARE = 0.15
_KERNELS = ((1, 1), (1, 1), (1, 1), (3, 3), (3, 3), (2, 2), (1, 3), (5, 5))
_POOLS = ((2, 2), (2, 2), (3, 3), (1, 2))
_WHOLE_WORDS = (32, 64)


def binary_networks(count: int, seed: int) -> tuple[Network, ...]:
    """Networks named b00, b01 ...: chains of xnor layers; some tensors in between stay bytes.

    Args:
        count: How many.
        seed: Of the random sizes.
    """
    rng = np.random.default_rng([seed, 2])
    return tuple(_network(f"b{index:02d}", rng) for index in range(count))


def _network(name: str, rng: np.random.Generator) -> Network:
    source = Tensor("input", (*_size(rng), 4 * int(rng.integers(3, 25))))
    layers: list[Layer] = []

    def append(layer: Layer) -> None:
        last = layers[-1].output if layers else source
        own = replace(layer, name=f"l{len(layers)}", inputs=(last.name,) * len(layer.inputs))
        own = replace(own, shape=expected_shape(own, (last,) * len(layer.inputs)))
        if min(own.shape) > 0:
            layers.append(own)

    for _ in range(LAYERS):
        append(_conv(rng, layers[-1].shape if layers else source.shape))
        if rng.random() < POOL_SHARE:
            append(_pool(rng, layers[-1].shape))
        elif rng.random() < BYTES_SHARE:
            append(Layer("", "add", ("", ""), (1, 1, 1)))
    append(Layer("", "max_pool", ("",), (1, 1, 1), kernel=layers[-1].shape[:2]))
    append(Layer("", "flatten", ("",), (1, 1, 1)))
    for _ in range(2):
        append(Layer("", "linear", ("",), (1, 1, int(rng.integers(4, 120))), "xnor"))
    return with_binary_tensors(Network(name, source, tuple(layers)))


def _size(rng: np.random.Generator) -> tuple[int, int]:
    if rng.random() < 0.2:
        return 1, int(rng.integers(20, 60))
    return int(rng.integers(4, 9)), int(rng.integers(4, 9))


def _conv(rng: np.random.Generator, shape: Shape) -> Layer:
    kernel = _KERNELS[int(rng.integers(len(_KERNELS)))]
    if shape[0] == 1:
        kernel = (1, kernel[1])
    channels = int(rng.integers(3, 97))
    if rng.random() < 0.5:
        channels = _WHOLE_WORDS[int(rng.integers(len(_WHOLE_WORDS)))]
    vertical, horizontal = kernel[0] - 1, kernel[1] - 1
    padding = (
        vertical // 2,
        vertical - vertical // 2,
        horizontal // 2,
        horizontal - horizontal // 2,
    )
    return Layer("", "conv", ("",), (1, 1, channels), "xnor", kernel, padding=padding)


def _pool(rng: np.random.Generator, shape: Shape) -> Layer:
    height, width = _POOLS[int(rng.integers(len(_POOLS)))]
    kernel = (min(height, shape[0]), min(width, shape[1]))
    overlaps = rng.random() < 0.3 and kernel == (3, 3)
    stride = (2, 2) if overlaps else kernel
    padding = (1, 1, 1, 1) if overlaps else (0, 0, 0, 0)
    return Layer("", "max_pool", ("",), (1, 1, 1), kernel=kernel, stride=stride, padding=padding)
