"""The closed sets that layers are made of: operations, formats, activations, functions."""

from typing import Literal

__all__ = [
    "ACTIVATION_BITS",
    "WEIGHT_BITS",
    "WORD_BITS",
    "Activation",
    "ActivationFormat",
    "Function",
    "Op",
    "Padding",
    "Shape",
    "WeightFormat",
]

Op = Literal[
    "conv",
    "depthwise",
    "linear",
    "max_pool",
    "avg_pool",
    "add",
    "concat",
    "flatten",
    "transpose",
    "lookup",
    "softmax",
    "argmax",
]
WeightFormat = Literal["s8", "s4", "s2", "p4", "p3", "p2", "xnor", "sparse8"]
ActivationFormat = Literal["s8", "s4", "b1", "s16"]
Activation = Literal["none", "relu", "relu6"]
Function = Literal[
    "hard_swish",
    "hard_sigmoid",
    "sigmoid",
    "tanh",
    "silu",
    "gelu",
    "gelu_tanh",
    "elu",
    "leaky_relu",
]
Shape = tuple[int, int, int]
Padding = tuple[int, int, int, int]

WEIGHT_BITS: dict[WeightFormat, int] = {
    "s8": 8,
    "s4": 4,
    "s2": 2,
    "p4": 4,
    "p3": 3,
    "p2": 2,
    "xnor": 1,
    "sparse8": 8,
}
ACTIVATION_BITS: dict[ActivationFormat, int] = {"s8": 8, "s4": 4, "b1": 1, "s16": 16}
WORD_BITS = 32
"""Of the words that the channels of a pixel of b1 fill."""
