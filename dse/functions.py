"""The element-wise functions of lookup layers in torch, for float execution and training."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from hw_models.network import Function

__all__ = ["torch_function"]

_FUNCTIONS: dict[Function, Callable[[Tensor], Tensor]] = {
    "hard_swish": functional.hardswish,
    "hard_sigmoid": functional.hardsigmoid,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "gelu_tanh": lambda value: functional.gelu(value, approximate="tanh"),
    "elu": functional.elu,
}


def torch_function(function: Function, slope: float, value: Tensor) -> Tensor:
    """hw_models.functions.apply_function in torch, with a gradient."""
    if function == "leaky_relu":
        return functional.leaky_relu(value, slope)
    return _FUNCTIONS[function](value)
