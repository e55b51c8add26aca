"""Reads an ONNX file: its nodes, its stored tensors, and what goes in and out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from hw_models.errors import ModelError, ToolError

__all__ = ["OnnxGraph", "OnnxNode", "read_onnx"]

_DOMAINS = ("", "ai.onnx")


@dataclass(frozen=True)
class OnnxNode:
    """One operation.

    Args:
        op: Such as Conv.
        name: As the file has it, or made from the op and the position.
        inputs: Names of tensors, "" for an absent one.
        outputs: Names of tensors.
        attributes: Numbers, texts, lists and arrays.
    """

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.op} {self.name!r}"


@dataclass(frozen=True)
class OnnxGraph:
    """A graph with one input and one output.

    Args:
        nodes: In running order.
        constants: Stored tensors by name.
        input: Name of the input.
        sizes: Of the input, None where they are free.
        output: Name of the output.
    """

    nodes: tuple[OnnxNode, ...]
    constants: Mapping[str, NDArray[Any]]
    input: str
    sizes: tuple[int | None, ...]
    output: str


def read_onnx(path: Path) -> OnnxGraph:
    """Read a file of the ONNX format; nothing in it is executed.

    Raises:
        ToolError: The package `onnx` is not installed.
        ModelError: The file is missing, damaged, or has several inputs or outputs.
    """
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise ToolError(
            "ONNX files need the package onnx.", got=error, cure="pip install 'dse[onnx]'"
        ) from error
    if not path.is_file():
        raise ModelError("The model's file is missing.", where="--model", got=path)
    try:
        model = onnx.load_model(path)
        onnx.checker.check_model(model)
        constants = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
        nodes = tuple(_node(index, one) for index, one in enumerate(model.graph.node))
    except Exception as error:  # a damaged file makes the reader fail in any way
        raise ModelError(
            "The ONNX file cannot be read.",
            where=path,
            got=(str(error).strip().splitlines() or [type(error).__name__])[0],
            cure="Export it again, with its weights inside or beside it.",
        ) from error
    inputs = [one for one in model.graph.input if one.name not in constants]
    outputs = [one.name for one in model.graph.output]
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(
            "An ONNX model must have one input and one output.",
            where=path,
            got=f"inputs {[one.name for one in inputs]}, outputs {outputs}",
        )
    dims = inputs[0].type.tensor_type.shape.dim
    sizes = tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in dims)
    return OnnxGraph(nodes, constants, inputs[0].name, sizes, outputs[0])


def _node(index: int, proto: Any) -> OnnxNode:  # noqa: ANN401
    from onnx import helper, numpy_helper

    attributes = {}
    for one in proto.attribute:
        value = helper.get_attribute_value(one)
        if one.type == one.TENSOR:
            value = numpy_helper.to_array(value)
        attributes[one.name] = value.decode() if isinstance(value, bytes) else value
    op = proto.op_type if proto.domain in _DOMAINS else f"{proto.domain}.{proto.op_type}"
    name = proto.name or f"{proto.op_type}_{index}"
    return OnnxNode(op, name, tuple(proto.input), tuple(proto.output), attributes)
