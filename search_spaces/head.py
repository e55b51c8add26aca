"""The heads that end a network after a depth cut (De Leon and Atienza 2022)."""

from dataclasses import replace
from typing import Literal

from hw_models.network import Layer, Padding, Tensor, expected_shape

__all__ = ["HEAD_LAYERS", "Head", "head_layers"]

Head = Literal["auxiliary", "pooled"]

HEAD_LAYERS = ("head.dw1", "head.pw1", "head.dw2", "head.pw2", "head.pool", "head.linear")
_POINTWISE_CHANNELS = (32, 16)


def head_layers(source: Tensor, classes: int, head: Head = "auxiliary") -> tuple[Layer, ...]:
    """DW 3x3, PW 32, DW 3x3, PW 16 with ReLU each, global average pool, dense; all s8.

    The pooled head, the paper's baseline, has the last two only.
    A depthwise kernel is 3 along an axis longer than 1, else 1 (signals of height 1), and is
    padded to keep the shape.

    Args:
        source: The tensor that the head reads.
        classes: Outputs of the dense layer.
        head: Which of the two.
    """
    size = (source.shape[0], source.shape[1])
    kernel = (min(3, 2 * size[0] - 1), min(3, 2 * size[1] - 1))
    rows, columns = kernel[0] // 2, kernel[1] // 2
    padding: Padding = (rows, rows, columns, columns)
    first, second, third, fourth, pool, linear = HEAD_LAYERS
    layers: list[Layer] = []
    tensor = source
    pairs = ((first, second), (third, fourth)) if head == "auxiliary" else ()
    for (depthwise, pointwise), channels in zip(pairs, _POINTWISE_CHANNELS, strict=False):
        layers.append(
            Layer(
                depthwise,
                "depthwise",
                (tensor.name,),
                tensor.shape,
                "s8",
                kernel=kernel,
                padding=padding,
                activation="relu",
            )
        )
        shape = (*size, channels)
        layers.append(Layer(pointwise, "conv", (depthwise,), shape, "s8", activation="relu"))
        tensor = layers[-1].output
    whole = Layer(pool, "avg_pool", (tensor.name,), tensor.shape, kernel=size, stride=size)
    layers.append(replace(whole, shape=expected_shape(whole, (tensor,))))
    layers.append(Layer(linear, "linear", (pool,), (1, 1, classes), "s8"))
    return tuple(layers)
