"""Element-wise functions that a table of 256 entries replaces, as PyTorch defines them."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw_models.arithmetic import quantise
from hw_models.layer_kinds import Function

__all__ = ["apply_function", "lookup_quantised", "lookup_table"]

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


def lookup_table(
    function: Function,
    slope: float,
    source: tuple[float, int],
    out: tuple[float, int],
    bounds: tuple[int, int],
) -> NDArray[np.int8]:
    """(256,) outputs of an element-wise function for every int8 input, by input mod 256.

    Args:
        function: Which.
        slope: Of a leaky_relu.
        source: Scale and zero point of the input.
        out: Of the output.
        bounds: Smallest and largest output.
    """
    inputs = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float64)
    values = apply_function(function, slope, (inputs - source[1]) * source[0])
    table: NDArray[np.int8] = np.clip(quantise(values, *out), *bounds).astype(np.int8)
    return table


def lookup_quantised(
    values: NDArray[np.signedinteger[Any]], table: NDArray[np.int8]
) -> NDArray[np.int8]:
    """table[value mod 256] of every int8 value."""
    result: NDArray[np.int8] = table[values.astype(np.uint8)]
    return result
