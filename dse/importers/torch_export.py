"""A PyTorch module becomes a Network and its parameters, by way of torch.export."""

from math import prod

import numpy as np
import torch
from torch import fx, nn

from dse.float_network import run_float
from dse.importers.build import BUILDERS, Build, Refusal, Value
from dse.importers.builders import weighted  # noqa: F401  (fills the registry)
from dse.importers.imported import Imported
from dse.importers.layout import Dims, drop_ones
from dse.importers.operation import Operation
from dse.importers.places import op_name, place
from dse.importers.trace import Traced, trace
from dse.parameters import check_parameters
from hw_models.errors import ModelError
from hw_models.fusing import fuse_pools
from hw_models.network import Network, Shape, Tensor
from hw_models.running_order import order_layers

__all__ = ["import_torch", "list_operations"]

_TOLERANCE = 1e-3


def import_torch(
    module: nn.Module, example: torch.Tensor, name: str, input_shape: Shape | None = None
) -> Imported:
    """Import a module in evaluation mode; the module itself stays as it is.

    Args:
        module: Maps one tensor to one tensor.
        example: float (1, C, H, W), (1, C, L), which becomes height 1, or (1, F).
        name: Of the network.
        input_shape: (height, width, channels) behind the features of a (1, F) example, which are
            then taken to count channels, height, width, as a flatten in torch does.

    Raises:
        ModelError: The module cannot be traced, uses operations that the Network cannot express
            (all are listed, with their places), or has weights that are not finite.
    """
    source, dims = _input(example, input_shape)
    traced = trace(module, example)
    build = _start(source, dims, traced)
    _require_supported(_walk(build, traced), type(module).__name__)
    if build.values.get(traced.output) is None:
        raise ModelError(
            "The module's output does not depend on its input.", where=type(module).__name__
        )
    network = fuse_pools(order_layers(Network(name, source, tuple(build.layers.values()))))
    imported = Imported(network, build.parameters)
    check_parameters(network, imported.parameters)
    if network.output.shape[:2] != (1, 1):
        raise ModelError(
            "The module must return one vector of class scores.",
            where=f"output of {type(module).__name__}",
            got=f"(height, width, channels) {network.output.shape}",
            cure="End with global pooling or a flatten and a linear layer.",
        )
    _compare(imported, dims, example, traced)
    return imported


def list_operations(
    module: nn.Module, example: torch.Tensor, input_shape: Shape | None = None
) -> tuple[Operation, ...]:
    """Every operation between the module's input and output, supported or refused.

    Args:
        module: As for `import_torch`.
        example: As for `import_torch`.
        input_shape: As for `import_torch`.

    Raises:
        ModelError: The module cannot be traced.
    """
    source, dims = _input(example, input_shape)
    traced = trace(module, example)
    return _walk(_start(source, dims, traced), traced)


def _start(source: Tensor, dims: Dims, traced: Traced) -> Build:
    build = Build(source, traced.constants)
    build.values[traced.input] = Value(source.name, drop_ones(dims, source.shape))
    return build


def _input(example: torch.Tensor, input_shape: Shape | None) -> tuple[Tensor, Dims]:
    sizes = tuple(int(size) for size in example.shape)
    if sizes[:1] != (1,) or len(sizes) not in (2, 3, 4) or not example.is_floating_point():
        raise ModelError(
            "The example must be one float input.",
            where="the example",
            got=f"{example.dtype} {sizes}",
            allowed="(1, C, H, W), (1, C, L) or (1, F)",
        )
    if len(sizes) == 4:
        return Tensor("input", (sizes[2], sizes[3], sizes[1])), ((), (2,), (0,), (1,))
    if len(sizes) == 3:
        return Tensor("input", (1, sizes[2], sizes[1])), ((), (2,), (1,))
    shape = input_shape or (1, 1, sizes[1])
    if prod(shape) != sizes[1]:
        raise ModelError(
            "The features of the example do not fill the input shape.",
            where="the example",
            got=sizes,
            allowed=f"{prod(shape)} features for {shape}",
        )
    return Tensor("input", shape), ((), (2, 0, 1))


def _walk(build: Build, traced: Traced) -> tuple[Operation, ...]:
    """Build every node that depends on the input; what is refused does not stop the others."""
    found = []
    for node in traced.nodes:
        if any(build.is_activation(one) for one in node.all_input_nodes):
            found.append(_step(build, node))
    return tuple(found)


def _step(build: Build, node: fx.Node) -> Operation:
    op, where = op_name(node), place(node)
    builder = BUILDERS.get(op)
    is_poisoned = any(
        build.is_activation(one) and build.values[one] is None for one in node.all_input_nodes
    )
    build.values[node] = None
    if builder is None:
        return Operation(op, where, "refused")
    if is_poisoned:
        return Operation(op, where, "not judged")
    try:
        value = build.values[node] = builder(build, node)
    except Refusal as reason:
        return Operation(op, where, "refused", reason=str(reason))
    return Operation(op, where, "supported", layer=value.tensor)


def _require_supported(operations: tuple[Operation, ...], where: str) -> None:
    refused = [str(one) for one in operations if one.verdict == "refused"]
    if refused:
        raise ModelError(
            "The module uses operations that cannot be imported:\n    - "
            + "\n    - ".join(refused),
            where=where,
            allowed="convolution, depthwise, linear, batch norm, ReLU, ReLU6, hard-swish and other "
            "element-wise functions, max and average pooling, residual add, concat, numbers and "
            "stored tensors added and multiplied, flatten, view, permute, dropout, softmax, argmax",
            cure="Replace them in the module, or import the part without them.",
        )


def _compare(imported: Imported, dims: Dims, example: torch.Tensor, traced: Traced) -> None:
    """Guard against a module whose trace is not what it computes."""
    layout = [axis for dim in dims for axis in dim]
    shape = imported.network.input.shape
    torch_order = example.detach().cpu().numpy().reshape([shape[axis] for axis in layout])
    back = [layout.index(axis) if axis in layout else -1 for axis in range(3)]
    x = torch_order.transpose([axis for axis in back if axis >= 0]).reshape(1, *shape)
    got = run_float(imported.network, imported.parameters, x).reshape(-1)
    if "log_softmax" in op_name(traced.output):
        got = torch.from_numpy(got).log_softmax(0).numpy()
    wanted = traced.result.detach().reshape(-1).double().numpy()
    error = float(np.abs(got - wanted).max())
    if not error <= _TOLERANCE * max(1.0, float(np.abs(wanted).max())):
        raise ModelError(
            "The imported network does not compute what the module computes.",
            where=imported.network.name,
            got=f"largest difference {error:.3g}",
            cure="Remove what is random or keeps state from `forward`.",
        )
