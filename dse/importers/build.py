"""The Network under construction: layers, parameters and the values that traced nodes stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx

from dse.importers.layout import Dims, arrangement, drop_ones
from dse.importers.places import layer_name
from dse.parameters import LayerParameters
from hw_models.network import Layer, Op, Padding, Shape, Tensor, expected_shape

__all__ = ["BUILDERS", "Build", "Builder", "Refusal", "Value", "register"]


class Refusal(Exception):
    """An operation that the Network cannot express, with the reason."""


@dataclass(frozen=True)
class Value:
    """A traced tensor.

    Args:
        tensor: Name of the Network tensor that holds its data.
        dims: Layout of the torch dimensions on that tensor's axes.
        padding: Zero padding (top, bottom, left, right) that the next convolution takes over.
    """

    tensor: str
    dims: Dims
    padding: Padding = (0, 0, 0, 0)


@dataclass
class Build:
    """Grows a Network layer by layer; builders are its only callers."""

    input: Tensor
    constants: Mapping[str, torch.Tensor]
    layers: dict[str, Layer] = field(default_factory=dict)
    parameters: dict[str, LayerParameters] = field(default_factory=dict)
    values: dict[fx.Node, Value | None] = field(default_factory=dict)

    def value(self, node: object) -> Value:
        """The value of an argument that must be an activation.

        Raises:
            Refusal: It is a constant.
        """
        found = self.values.get(node) if isinstance(node, fx.Node) else None
        if found is None:
            raise Refusal("an operand is a number or a stored tensor, not an activation")
        return found

    def is_activation(self, node: object) -> bool:
        """Whether an argument depends on the input."""
        return isinstance(node, fx.Node) and node in self.values

    def plain(self, node: object) -> Value:
        """Like `value`, refusing padding that only a convolution can take over."""
        found = self.value(node)
        if any(found.padding):
            raise Refusal("zero padding is supported directly before a convolution only")
        return found

    def constant(self, node: object) -> NDArray[np.float64] | None:
        """A stored parameter as an array; None for an absent one."""
        if node is None:
            return None
        if not isinstance(node, fx.Node) or node.name not in self.constants:
            raise Refusal("its weights are computed in `forward`, not stored")
        return self.constants[node.name].to(torch.float64).numpy()

    def shape(self, value: Value) -> Shape:
        """(height, width, channels) of the tensor behind a value."""
        if value.tensor == self.input.name:
            return self.input.shape
        return self.layers[value.tensor].shape

    def add(self, node: fx.Node, op: Op, sources: tuple[Value, ...], layer: Layer) -> str:
        """Append a layer: names it, links its inputs and works out its shape."""
        for source in sources:
            before = self.layers.get(source.tensor)
            if before and (before.op == "argmax" or (before.op == "softmax" and op != "argmax")):
                raise Refusal(f"it follows the {before.op} {before.name!r}, which must be last")
        tensors = tuple(Tensor(source.tensor, self.shape(source)) for source in sources)
        named = replace(
            layer,
            name=self._unique(layer_name(node, op)),
            inputs=tuple(source.tensor for source in sources),
        )
        shape = expected_shape(named, tensors)
        if min(shape) < 1:
            raise Refusal(f"its window is larger than its input {tensors[0].shape}")
        self.layers[named.name] = replace(named, shape=shape)
        return named.name

    def made(self, tensor: str, dims: Dims) -> Value:
        """A value on a tensor as it stands now."""
        return Value(tensor, drop_ones(dims, self.layers[tensor].shape))

    def is_shared(self, tensor: str) -> bool:
        """Whether several operations read a tensor, so that its layer can absorb none of them."""
        own = {node for node, value in self.values.items() if value and value.tensor == tensor}
        return len({user for node in own for user in node.users} - own) > 1

    def arrange(
        self, node: fx.Node, value: Value, spatial: Dims, channels: tuple[int, ...]
    ) -> Value:
        """Bring dimensions to (height, width, channels), with a transpose if data must move.

        Args:
            node: The operation that asks.
            value: What it reads.
            spatial: Axes of height and width.
            channels: Axes of the channels.
        """
        height, width = drop_ones(spatial, self.shape(value))
        (channels,) = drop_ones((channels,), self.shape(value))
        if len(channels) > 1 and not height and not width and list(channels) == sorted(channels):
            return self.flatten(node, value)
        permutation = arrangement(height, width, channels)
        if permutation is None:
            raise Refusal("it reads a view that merges dimensions; only a linear layer may")
        if permutation == (0, 1, 2):
            return value
        layer = Layer("", "transpose", (), (1, 1, 1), permutation=permutation)
        name = self.add(node, "transpose", (value,), layer)
        moved = {axis: position for position, axis in enumerate(permutation)}
        return self.made(name, tuple(tuple(moved[a] for a in dim) for dim in value.dims))

    def flatten(self, node: fx.Node, value: Value) -> Value:
        """The value as a vector (1, 1, n), elements in the order of the tensor."""
        if self.shape(value)[:2] == (1, 1):
            return value
        name = self.add(node, "flatten", (value,), Layer("", "flatten", (), (1, 1, 1)))
        return self.made(name, tuple((2,) if dim else () for dim in value.dims))

    def _unique(self, name: str) -> str:
        taken = {*self.layers, self.input.name}
        if name not in taken:
            return name
        return next(f"{name}_{i}" for i in range(2, len(taken) + 3) if f"{name}_{i}" not in taken)


Builder = Callable[[Build, fx.Node], Value]
BUILDERS: dict[str, Builder] = {}


def register(*ops: str) -> Callable[[Builder], Builder]:
    """Name the aten operations that a builder handles.

    To add an operation: write `def _my_op(build, node) -> Value` in a file of `builders`, decorate
    it with its name as `torch.export` prints it, and raise `Refusal` for what it cannot do.
    """

    def keep(builder: Builder) -> Builder:
        for op in ops:
            if op in BUILDERS:
                raise ValueError(f"two builders for {op}")
            BUILDERS[op] = builder
        return builder

    return keep
