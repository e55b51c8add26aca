"""Networks of depthwise and pointwise layers, which the random chains do not hold in all forms."""

from collections.abc import Sequence

import numpy as np

from dse.measure.chain import MAX_ELEMENTS, MAX_MACS, Chain, Limits
from hw_models.network import Activation, Layer, Network, Tensor, WeightFormat

__all__ = ["depthwise_network", "small_network"]


def depthwise_network(
    index: int, seed: int, convs: Sequence[WeightFormat], formats: Sequence[WeightFormat]
) -> Network:
    """Windows of three by three, the usual ones, by both strides on images of any width.

    Behind a convolution of three channels, as it stands at the beginning of many networks, and
    pointwise ones of whole words of channels.
    """
    rng = np.random.default_rng([seed, 2, index])
    chain = Chain(
        rng,
        Tensor("input", (int(rng.integers(6, 20)), int(rng.integers(16, 60)), 3)),
        Limits(macs=2 * MAX_MACS, elements=2 * MAX_ELEMENTS),
    )
    outputs = (4 * int(rng.integers(1, 4)), 4 * int(rng.integers(1, 7)), int(rng.integers(4, 14)))
    for each, channels in enumerate(outputs):
        width = 1 if each else 3
        pads = (width // 2,) * 4
        chain.append(
            Layer(
                "conv",
                "conv",
                (chain.last.name,),
                (1, 1, channels),
                convs[(index + each // 2) % len(convs)],
                (width, width),
                padding=pads,
            )
        )
    for each in range(2 * len(formats)):
        stride = (1, 1) if each % 2 == index % 2 else (int(rng.integers(1, 3)), 2)
        activation: Activation = "relu" if rng.random() < 0.5 else "none"
        pad = int(rng.integers(0, 2))
        chain.append(
            Layer(
                "depthwise",
                "depthwise",
                (chain.last.name,),
                (1, 1, chain.last.shape[2]),
                formats[(index + each // 2) % len(formats)],
                (3, 3),
                stride,
                (pad, 1, 1, pad),
                activation=activation,
            )
        )
    return Network(f"d{index}", chain.input, tuple(chain.layers))


def small_network(
    index: int, seed: int, convs: Sequence[WeightFormat], formats: Sequence[WeightFormat]
) -> Network:
    """Windows of three by three on images of a few pixels, which dsp takes as a whole.

    Every second network has a stride of two in front. Pointwise convolutions enclose them.
    """
    rng = np.random.default_rng([seed, 3, index])
    is_halved = index % 2 == 1
    width = int(rng.integers(5, 13)) if is_halved else int(rng.integers(3, 7))
    source = Tensor("input", (int(rng.integers(1, 7)), width, 4 * int(rng.integers(1, 5))))
    chain = Chain(rng, source, Limits())
    channels = int(rng.integers(4, 80))
    chain.append(Layer("conv", "conv", ("input",), (1, 1, channels), convs[index % len(convs)]))
    strides = (2, 1, 1, 1) if is_halved else (1, 1, 1)
    for each, stride in enumerate(strides if formats else ()):
        activation: Activation = "relu" if rng.random() < 0.5 else "none"
        chain.append(
            Layer(
                "depthwise",
                "depthwise",
                (chain.last.name,),
                (1, 1, channels),
                formats[(index // 2 + each) % len(formats)],
                (3, 3),
                (stride, stride),
                (1, 1, 1, 1),
                activation=activation,
            )
        )
    outputs, weights = int(rng.integers(5, 60)), convs[(index + 3) % len(convs)]
    chain.append(Layer("conv", "conv", (chain.last.name,), (1, 1, outputs), weights))
    return Network(f"e{index}", chain.input, tuple(chain.layers))
