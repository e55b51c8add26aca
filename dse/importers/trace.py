"""A module and an example become a functional graph of aten operations."""

import copy
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import fx, nn

from dse.importers.composed import join_functions
from hw_models.errors import ModelError

__all__ = ["Traced", "shorten", "trace"]


@dataclass(frozen=True)
class Traced:
    """A traced module.

    Args:
        nodes: The operations that the output depends on, in running order.
        input: The placeholder of the one input.
        output: The node that is returned.
        constants: Placeholder name to parameter, buffer or constant.
        result: What the module gave for the example.
    """

    nodes: tuple[fx.Node, ...]
    input: fx.Node
    output: fx.Node
    constants: Mapping[str, torch.Tensor]
    result: torch.Tensor


def shorten(error: BaseException, length: int = 240) -> str:
    """An exception's kind and first meaningful line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if len(text) <= length else text[: length - 3] + "..."


def trace(module: nn.Module, example: torch.Tensor) -> Traced:
    """Trace a copy of the module in evaluation mode; the module itself is not touched.

    Raises:
        ModelError: The module cannot be copied, run or traced, or does not map one tensor to one.
    """
    twin = _copy(module)
    result = _run(twin, example)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # An empty table keeps conv2d, linear and pools whole, and removes in-place operations.
            program = torch.export.export(twin, (example,)).run_decompositions({})
        except Exception as error:
            raise ModelError(
                "The module cannot be traced by torch.export.",
                where=type(module).__name__,
                got=shorten(error),
                cure="Remove control flow that depends on the data (if, while, .item()) from "
                "`forward`, or import a part of the module that has none.",
            ) from error
    return _collect(program, module, result)


def _copy(module: nn.Module) -> nn.Module:
    try:
        return copy.deepcopy(module).cpu().eval()
    except Exception as error:
        raise ModelError(
            "The module cannot be copied.",
            where=type(module).__name__,
            got=shorten(error),
            cure="Detach tensors that the module keeps from earlier runs.",
        ) from error


def _run(module: nn.Module, example: torch.Tensor) -> torch.Tensor:
    try:
        with torch.no_grad():
            result = module(example)
    except Exception as error:
        raise ModelError(
            "The module fails on its example input.",
            where=type(module).__name__,
            got=f"input {tuple(example.shape)}: {shorten(error)}",
            cure="Check the input shape and the class count the module was built for.",
        ) from error
    if not isinstance(result, torch.Tensor):
        raise ModelError(
            "The module must return one tensor.",
            where=type(module).__name__,
            got=type(result).__name__,
            cure="Wrap the module so that `forward` returns the logits only.",
        )
    return result


def _collect(
    program: torch.export.ExportedProgram, module: nn.Module, result: torch.Tensor
) -> Traced:
    signature = program.graph_signature
    store = {**program.state_dict, **program.constants}
    names = {
        **signature.inputs_to_parameters,
        **signature.inputs_to_buffers,
        **signature.inputs_to_lifted_tensor_constants,
    }
    constants = {
        name: store[target].detach()
        for name, target in names.items()
        if isinstance(store.get(target), torch.Tensor)
    }
    join_functions(program.graph)
    nodes = list(program.graph.nodes)
    inputs = [node for node in nodes if node.op == "placeholder" and node.name not in names]
    if len(inputs) != 1 or signature.buffers_to_mutate:
        raise ModelError(
            "The module must read one input tensor and keep no state between runs.",
            where=type(module).__name__,
            got=sorted(signature.buffers_to_mutate.values()) or [node.name for node in inputs],
        )
    output = nodes[-1].args[0]
    last = output[0] if isinstance(output, tuple | list) else output
    if not isinstance(last, fx.Node):
        raise ModelError("The module's output is a constant.", where=type(module).__name__)
    needed = _ancestors(last)
    kept = tuple(node for node in nodes if node.op == "call_function" and node in needed)
    return Traced(kept, inputs[0], last, constants, result)


def _ancestors(node: fx.Node) -> set[fx.Node]:
    found: set[fx.Node] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(current.all_input_nodes)
    return found
