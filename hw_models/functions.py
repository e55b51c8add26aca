"""Element-wise functions that a table of 256 entries replaces, as PyTorch defines them."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hw_models.layer_kinds import Function

__all__ = ["apply_function"]

_Reals = NDArray[np.float64]


def apply_function(function: Function, slope: float, values: _Reals) -> _Reals:
    """The function of every value, in double precision.

    Args:
        function: Which.
        slope: Of the negative side of a leaky_relu.
        values: Of any shape.

    Examples:
        >>> apply_function("hard_swish", 0.0, np.array([-1.5, 1.5, 4.0])).tolist()
        [-0.375, 1.125, 4.0]
    """
    if function == "leaky_relu":
        return np.where(values < 0, slope * values, values)
    return _FUNCTIONS[function](values)


def _hard_sigmoid(x: _Reals) -> _Reals:
    result: _Reals = np.clip(x + 3.0, 0.0, 6.0) / 6.0
    return result


def _sigmoid(x: _Reals) -> _Reals:
    result: _Reals = 0.5 * (1.0 + np.tanh(0.5 * x))
    return result


def _gelu(x: _Reals) -> _Reals:
    result: _Reals = 0.5 * x * (1.0 + np.vectorize(math.erf)(x / math.sqrt(2.0)))
    return result


def _gelu_tanh(x: _Reals) -> _Reals:
    result: _Reals = 0.5 * x * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)))
    return result


_FUNCTIONS: dict[Function, Callable[[_Reals], _Reals]] = {
    "hard_swish": lambda x: x * _hard_sigmoid(x),
    "hard_sigmoid": _hard_sigmoid,
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "silu": lambda x: x * _sigmoid(x),
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "elu": lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0.0)), x),
}
