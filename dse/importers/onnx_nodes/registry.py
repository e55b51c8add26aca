"""What an ONNX operation becomes: a step of a torch module."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dse.importers.build import Refusal
from dse.importers.onnx_graph import OnnxNode

__all__ = ["NODES", "Apply", "Array", "Converter", "Step", "register", "stored", "to_tensor"]

Array = NDArray[Any]
Value = Tensor | Array


@dataclass(frozen=True)
class Step:
    """A module and the names of the values that it is called with.

    Tensors that depend on the model's input arrive as torch tensors, shapes and stored numbers as
    arrays.
    """

    module: nn.Module
    inputs: tuple[str, ...]


class Apply(nn.Module):
    """A function as a module, so that what it does carries the node's name."""

    def __init__(self, function: Callable[..., Value]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *values: Value) -> Value:
        """What the function gives."""
        return self.function(*values)


Converter = Callable[[OnnxNode, Mapping[str, Array]], Step]
NODES: dict[str, Converter] = {}


def register(*ops: str) -> Callable[[Converter], Converter]:
    """Name the ONNX operations that a converter handles; it raises `Refusal` for what it cannot."""

    def keep(converter: Converter) -> Converter:
        NODES.update(dict.fromkeys(ops, converter))
        return converter

    return keep


def stored(node: OnnxNode, constants: Mapping[str, Array], index: int, what: str) -> Array | None:
    """An input that must be stored in the file; None where it is absent.

    Raises:
        Refusal: It is computed.
    """
    if len(node.inputs) <= index or not node.inputs[index]:
        return None
    if node.inputs[index] not in constants:
        raise Refusal(f"its {what} is computed, not stored")
    return constants[node.inputs[index]]


def to_tensor(values: Array) -> Tensor:
    """A stored array as float32."""
    return torch.from_numpy(np.array(values, dtype=np.float32))
