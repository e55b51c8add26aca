"""Random sizes of the layers that are measured."""

from math import prod

import numpy as np

from hw_models.network import Layer, Op, Padding, Shape, Tensor

__all__ = ["FEWEST_CHANNELS", "drawn_channels", "drawn_kernel", "drawn_nonzeros", "drawn_padding"]

FEWEST_CHANNELS = 3
GLOBAL_POOL_BELOW = 60
_KERNELS = ((1, 1), (1, 1), (1, 1), (3, 3), (3, 3), (3, 3), (5, 5), (1, 3), (4, 1), (2, 2))


def drawn_nonzeros(rng: np.random.Generator, layer: Layer, source: Tensor) -> int:
    """Between a tenth and two thirds of the weights of an output, two where there are as many.

    A single weight of 1 takes a left shift of the sums, which is rare and slow.
    """
    columns = source.elements if layer.op == "linear" else prod(layer.kernel) * source.shape[2]
    columns //= layer.groups
    return max(min(2, columns), int(columns * rng.uniform(0.1, 0.67)))


def drawn_channels(rng: np.random.Generator, most: int) -> int:
    """How many channels a layer makes, as often few as many; mostly whole blocks."""
    drawn = int(np.exp(rng.uniform(np.log(FEWEST_CHANNELS), np.log(most))))
    block = (16, 4, 4, 1)[int(rng.integers(4))]
    return max(block, drawn // block * block)


def drawn_kernel(rng: np.random.Generator, shape: Shape, *, is_pool: bool) -> tuple[int, int]:
    """A window; of a small image a pool may take all."""
    if is_pool and rng.random() < 0.3 and prod(shape[:2]) < GLOBAL_POOL_BELOW:
        return shape[0], shape[1]
    choices = _KERNELS[3:] if is_pool else _KERNELS
    height, width = choices[int(rng.integers(len(choices)))]
    if shape[0] == 1:
        return 1, max(height, width)
    return height, width


def drawn_padding(rng: np.random.Generator, kernel: tuple[int, int], op: Op) -> Padding:
    """Padding that keeps the size, or none."""
    if op == "avg_pool" or rng.random() < 0.15:
        return (0, 0, 0, 0)
    vertical, horizontal = kernel[0] - 1, kernel[1] - 1
    return (vertical // 2, vertical - vertical // 2, horizontal // 2, horizontal - horizontal // 2)
