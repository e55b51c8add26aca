"""Measuring networks of convolutions on a few pixels, most windows of which leave the image."""

from collections.abc import Sequence

import numpy as np

from dse.measure.chain import Chain, Limits
from hw_models.network import Layer, Network, Tensor, WeightFormat

__all__ = ["few_pixel_network"]

_KERNELS = (1, 3, 3, 5)
_FEWEST, _MOST = 8, 64


def few_pixel_network(index: int, seed: int, formats: Sequence[WeightFormat]) -> Network:
    """Convolutions whose pixels that are left over of fours, and padding, cost most.

    Networks n and n + len(formats) share formats and the size of the image, so that one of them can
    be left out.
    """
    sizes = np.random.default_rng([seed, 5, index % len(formats)])
    height, width = int(sizes.integers(1, 4)), int(sizes.integers(2, 7))
    rng = np.random.default_rng([seed, 4, index])
    chain = Chain(rng, Tensor("input", (height, width, int(rng.integers(2, 25)))), Limits())
    for each, kernel in enumerate(rng.permutation(_KERNELS)):
        outputs = int(np.exp(rng.uniform(np.log(_FEWEST), np.log(_MOST))))
        size, pad = int(kernel), int(kernel) // 2
        chain.append(
            Layer(
                "conv",
                "conv",
                (chain.last.name,),
                (1, 1, outputs),
                formats[(index + each) % len(formats)],
                (size, size),
                padding=(pad, pad, pad, pad),
            )
        )
    return Network(f"g{index}", chain.input, tuple(chain.layers))
