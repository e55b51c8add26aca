"""A PyTorch module becomes a Network and its parameters, by way of torch.export."""

from math import prod

import numpy as np
import torch
from torch import nn

from dse.float_network import run_float
from dse.importers.build import BUILDERS, Build, Refusal, Value
from dse.importers.builders import weighted  # noqa: F401  (fills the registry)
from dse.importers.imported import Imported
from dse.importers.layout import Dims, drop_ones
from dse.importers.places import op_name, place
from dse.importers.trace import Traced, trace
from dse.parameters import check_parameters
from hw_models.errors import ModelError
from hw_models.fusing import fuse_pools
from hw_models.network import Network, Shape, Tensor
from hw_models.running_order import order_layers

__all__ = ["import_torch"]

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
    build = Build(source, traced.constants)
    build.values[traced.input] = Value(source.name, drop_ones(dims, source.shape))
    _walk(build, traced, type(module).__name__)
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


def _walk(build: Build, traced: Traced, module: str) -> None:
    """Build every node, collecting what is refused so that all of it is reported together."""
    refused: list[str] = []
    for node in traced.nodes:
        sources = [n for n in node.all_input_nodes if n in build.values]
        if not sources:
            continue
        builder = BUILDERS.get(op_name(node))
        if builder is None:
            refused.append(f"{op_name(node)} at {place(node)}")
        poisoned = any(build.values[n] is None for n in sources)
        build.values[node] = None
        if builder is None or poisoned:
            continue
        try:
            build.values[node] = builder(build, node)
        except Refusal as reason:
            refused.append(f"{op_name(node)} at {place(node)}: {reason}")
    if refused:
        raise ModelError(
            "The module uses operations that cannot be imported:\n    - "
            + "\n    - ".join(refused),
            where=module,
            allowed="convolution, depthwise, linear, batch norm, ReLU, ReLU6, max and average "
            "pooling, residual add, concat, flatten, view, permute, dropout, softmax, argmax",
            cure="Replace them in the module, or import the part without them.",
        )
    if build.values.get(traced.output) is None:
        raise ModelError("The module's output does not depend on its input.", where=module)


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
