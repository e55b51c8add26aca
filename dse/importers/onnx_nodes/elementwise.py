"""Activations, arithmetic with two operands, heads, and operations that do nothing here."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from dse.importers.build import Refusal
from dse.importers.onnx_graph import OnnxNode
from dse.importers.onnx_nodes.registry import (
    Apply,
    Array,
    Step,
    register,
    stored,
    to_tensor,
)

__all__: list[str] = []

_PLAIN: dict[str, Callable[[], nn.Module]] = {
    "Relu": nn.ReLU,
    "HardSwish": nn.Hardswish,
    "Sigmoid": nn.Sigmoid,
    "Tanh": nn.Tanh,
    "Dropout": nn.Dropout,
    "Identity": nn.Identity,
    "Erf": lambda: Apply(torch.erf),
    "Exp": lambda: Apply(torch.exp),
    "Neg": lambda: Apply(torch.neg),
}
_ARITHMETIC: dict[str, tuple[Callable[..., Tensor], Callable[..., Array]]] = {
    "Add": (torch.add, np.add),
    "Sub": (torch.sub, np.subtract),
    "Mul": (torch.mul, np.multiply),
    "Div": (torch.div, np.floor_divide),
}
HARD_SIGMOID_SLOPE = 0.2
"""ONNX's default, which is not that of PyTorch, 1/6."""


@register(*_PLAIN)
def _plain(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    return Step(_PLAIN[node.op](), node.inputs[:1])


@register("Clip")
def _clip(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    low = node.attributes.get("min", stored(node, constants, 1, "minimum"))
    high = node.attributes.get("max", stored(node, constants, 2, "maximum"))
    least = -math.inf if low is None else float(low)
    most = math.inf if high is None else float(high)
    if (least, most) == (0.0, 6.0):
        return Step(nn.ReLU6(), node.inputs[:1])
    if least == 0.0 and most > np.finfo(np.float32).max / 2:
        return Step(nn.ReLU(), node.inputs[:1])
    raise Refusal(f"a clip to [{least:g}, {most:g}]; only [0, 6] and [0, inf)")


@register("HardSigmoid")
def _hard_sigmoid(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    slope = float(node.attributes.get("alpha", HARD_SIGMOID_SLOPE))
    offset = float(node.attributes.get("beta", 0.5))
    if abs(slope - 1 / 6) > 1e-6 or offset != 0.5:
        raise Refusal(f"alpha {slope:g} and beta {offset:g}; only 1/6 and 0.5")
    return Step(nn.Hardsigmoid(), node.inputs[:1])


@register("LeakyRelu")
def _leaky_relu(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    return Step(nn.LeakyReLU(float(node.attributes.get("alpha", 0.01))), node.inputs[:1])


@register("Elu")
def _elu(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    return Step(nn.ELU(float(node.attributes.get("alpha", 1.0))), node.inputs[:1])


@register("Gelu")
def _gelu(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    return Step(nn.GELU(str(node.attributes.get("approximate", "none"))), node.inputs[:1])


@register("Softmax", "LogSoftmax")
def _softmax(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    kind = nn.Softmax if node.op == "Softmax" else nn.LogSoftmax
    return Step(kind(int(node.attributes.get("axis", -1))), node.inputs[:1])


@register("ArgMax")
def _argmax(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    axis, keep = int(node.attributes.get("axis", 0)), bool(node.attributes.get("keepdims", 1))
    return Step(Apply(lambda x: torch.argmax(x, axis, keepdim=keep)), node.inputs[:1])


class _WithStored(nn.Module):
    """Arithmetic of an activation and a stored tensor, which training may change."""

    def __init__(self, function: Callable[..., Tensor], value: Tensor, *, is_first: bool) -> None:
        super().__init__()
        self.function, self.is_first = function, is_first
        self.value = nn.Parameter(value)

    def forward(self, x: Tensor) -> Tensor:
        """In the order of the file."""
        return self.function(self.value, x) if self.is_first else self.function(x, self.value)


@register(*_ARITHMETIC)
def _arithmetic(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    function, for_arrays = _ARITHMETIC[node.op]
    at = [index for index, name in enumerate(node.inputs) if name in constants]
    if len(at) == 1 and constants[node.inputs[at[0]]].dtype.kind == "f":
        value = constants[node.inputs[at[0]]]
        other = node.inputs[1 - at[0] : 2 - at[0]]
        if value.size > 1:
            return Step(_WithStored(function, to_tensor(value), is_first=at[0] == 0), other)
        number = float(value.reshape(()))
        if at[0] == 1:
            return Step(Apply(lambda x: function(x, number)), other)
        if node.op in ("Add", "Mul"):
            return Step(Apply(lambda x: function(x, number)), other)
        raise Refusal("its first operand is a constant")

    def run(first: Tensor | Array, second: Tensor | Array) -> Tensor | Array:
        if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
            return np.asarray(for_arrays(first, second))
        return function(first, second)

    return Step(Apply(run), node.inputs)
