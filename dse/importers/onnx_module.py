"""An ONNX file as a torch module, which the torch importer reads and training may change."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from dse.importers.build import Refusal
from dse.importers.onnx_graph import OnnxGraph, OnnxNode, read_onnx
from dse.importers.onnx_nodes import NODES
from dse.importers.onnx_nodes.registry import Array, Step
from hw_models.errors import ModelError
from hw_models.network import Shape

__all__ = ["OnnxModule", "load_onnx"]


class OnnxModule(nn.Module):
    """Runs the steps of a graph; each carries the name of its node."""

    def __init__(
        self,
        graph: OnnxGraph,
        steps: Sequence[tuple[OnnxNode, Step]],
        constants: Mapping[str, Array],
        *,
        is_hwc: bool,
    ) -> None:
        super().__init__()
        self._input, self._output, self._is_hwc = graph.input, graph.output, is_hwc
        self._plan: list[tuple[str, tuple[str, ...], str]] = []
        for node, step in steps:
            name = self._free_name(node.name)
            self.add_module(name, step.module)
            self._plan.append((name, tuple(filter(None, step.inputs)), node.outputs[0]))
        used = {name for _, inputs, _ in self._plan for name in inputs}
        self._constants = {name: constants[name] for name in used if name in constants}

    def forward(self, x: Tensor) -> Tensor:
        """The graph's output for an input as torch has it, channels before height and width."""
        if self._is_hwc:
            x = x.permute(0, 2, 3, 1)
        values: dict[str, Tensor | Array] = {**self._constants, self._input: x}
        for name, inputs, output in self._plan:
            values[output] = self.get_submodule(name)(*(values[one] for one in inputs))
        result = values[self._output]
        if not isinstance(result, torch.Tensor):
            raise TypeError(self._output)
        return result

    def _free_name(self, name: str) -> str:
        base = re.sub(r"[^0-9A-Za-z_]+", "_", name).strip("_") or "node"
        found, count = base, 1
        while hasattr(self, found):
            count += 1
            found = f"{base}_{count}"
        return found


def load_onnx(path: Path, input_shape: Shape | None = None) -> OnnxModule:
    """Read an ONNX file.

    Args:
        path: The file.
        input_shape: (height, width, channels) of the data; a model whose input is declared so,
            channels last, gets its input turned.

    Raises:
        ToolError: The package `onnx` is not installed.
        ModelError: The file is missing or damaged, or has operations that cannot be imported; all
            of them are listed with the names of their nodes.
    """
    graph = read_onnx(path)
    constants = dict(graph.constants)
    steps: list[tuple[OnnxNode, Step]] = []
    refused: list[str] = []
    for node in graph.nodes:
        if node.op == "Constant" and "value" in node.attributes:
            constants[node.outputs[0]] = node.attributes["value"]
            continue
        if node.op == "Identity" and node.inputs[0] in constants:
            constants[node.outputs[0]] = constants[node.inputs[0]]
            continue
        try:
            steps.append((node, _convert(node, constants)))
        except Refusal as reason:
            refused.append(f"{node}: {reason}")
    if refused:
        raise ModelError(
            "The model uses operations that cannot be imported:\n    - " + "\n    - ".join(refused),
            where=path,
            allowed=", ".join(sorted([*NODES, "Constant"])),
            cure="Replace them in the model, or export the part without them.",
        )
    declared = graph.sizes[1:]
    is_hwc = len(declared) == 3 and declared == input_shape and input_shape is not None
    is_chw = input_shape is not None and declared == (input_shape[2], *input_shape[:2])
    return OnnxModule(graph, steps, constants, is_hwc=is_hwc and not is_chw)


def _convert(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    converter = NODES.get(node.op)
    if converter is None:
        raise Refusal("there is no such operation here")
    return converter(node, constants)
