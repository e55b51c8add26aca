"""Convolutions, linear layers and batch norm."""

from math import prod

import numpy as np
from numpy.typing import NDArray
from torch import fx

from dse.importers.build import Build, Refusal, Value, register
from dse.importers.builders.arguments import argument, pair
from dse.importers.layout import CHANNELS, HEIGHT, WIDTH, Dims, drop_ones
from dse.parameters import LayerParameters
from hw_models.network import Layer, Op, Padding

__all__ = ["affine", "store"]

Floats = NDArray[np.float64]


@register(
    "aten.conv1d.default", "aten.conv1d.padding", "aten.conv2d.default", "aten.conv2d.padding"
)
def _convolution(build: Build, node: fx.Node) -> Value:
    rank = 1 if "conv1d" in str(node.target) else 2
    value = build.value(node.args[0])
    weight = _weights(build, node)
    if len(value.dims) != rank + 2:
        raise Refusal("its input has no batch dimension")
    if rank == 1:
        weight = weight[:, :, None, :]
    groups = int(argument(node, 6, "groups", 1))
    stride = pair(argument(node, 3, "stride", 1), rank)
    if any(step > 1 for step in pair(argument(node, 5, "dilation", 1), rank)):
        raise Refusal("dilation is not supported")
    spatial = (value.dims[2], value.dims[3]) if rank == 2 else ((), value.dims[2])
    padding = _padding(argument(node, 4, "padding", 0), rank, weight.shape[2:], value.padding)
    source = build.arrange(node, value, spatial, value.dims[1])
    op = _kind(groups, weight.shape, build.shape(source)[CHANNELS])
    layer = Layer(
        "", op, (), (1, 1, weight.shape[0]), "s8", (weight.shape[2], weight.shape[3]), stride,
        padding, groups=1 if op == "depthwise" else groups,
    )  # fmt: skip
    name = build.add(node, op, (source,), layer)
    bias = build.constant(argument(node, 2, "bias"))
    store(build, name, weight.transpose(0, 2, 3, 1), bias)
    dims: Dims = ((), (CHANNELS,), (HEIGHT,), (WIDTH,)) if rank == 2 else ((), (2,), (1,))
    return build.made(name, dims)


def _kind(groups: int, weight: tuple[int, ...], channels: int) -> Op:
    return "depthwise" if groups == channels == weight[0] > 1 else "conv"


def _padding(
    given: int | list[int] | str, rank: int, kernel: tuple[int, ...], extra: Padding
) -> Padding:
    if given == "valid":
        sides = [0, 0, 0, 0]
    elif given == "same":
        total = [size - 1 for size in kernel]
        sides = [total[0] // 2, total[0] - total[0] // 2, total[1] // 2, total[1] - total[1] // 2]
    elif not isinstance(given, str):
        vertical, horizontal = (0, pair(given, 1)[1]) if rank == 1 else pair(given, 2)
        sides = [vertical, vertical, horizontal, horizontal]
    top, bottom, left, right = (side + more for side, more in zip(sides, extra, strict=True))
    return top, bottom, left, right


@register("aten.linear.default")
def _linear(build: Build, node: fx.Node) -> Value:
    value = build.plain(node.args[0])
    weight = _weights(build, node)
    bias = build.constant(argument(node, 2, "bias"))
    shape = build.shape(value)
    order = value.dims[-1]
    if any(value.dims[:-1]):
        return _linear_over_positions(build, node, value, weight, bias)
    sizes = [shape[axis] for axis in order]
    columns = weight.reshape(-1, *sizes).transpose(0, *(1 + np.argsort(order)))
    source = build.flatten(node, value)
    layer = Layer("", "linear", (), (1, 1, len(weight)), "s8")
    name = build.add(node, "linear", (source,), layer)
    store(build, name, columns.reshape(len(weight), 1, 1, prod(sizes)), bias)
    return build.made(name, (*value.dims[:-1], (CHANNELS,)))


def _linear_over_positions(
    build: Build, node: fx.Node, value: Value, weight: Floats, bias: Floats | None
) -> Value:
    """A linear layer applied at every position is a pointwise convolution."""
    places = [index for index, dim in enumerate(value.dims[:-1]) if dim]
    spatial = [value.dims[index] for index in places]
    if len(spatial) > 2:
        raise Refusal("a linear layer over more than two other dimensions")
    height, width = spatial if len(spatial) == 2 else ((), *spatial)
    source = build.arrange(node, value, (height, width), value.dims[-1])
    layer = Layer("", "conv", (), (1, 1, len(weight)), "s8")
    name = build.add(node, "conv", (source,), layer)
    store(build, name, weight[:, None, None, :], bias)
    dims = list(source.dims)
    dims[-1] = (CHANNELS,)
    return build.made(name, tuple(dims))


def _weights(build: Build, node: fx.Node) -> Floats:
    weight = build.constant(node.args[1])
    if weight is None:
        raise Refusal("it has no weights")
    return weight


def store(build: Build, name: str, weight: Floats, bias: Floats | None) -> None:
    """Keep a layer's parameters: weight (outputs, height, width, inputs), bias (outputs,)."""
    full = np.zeros(len(weight)) if bias is None else bias
    build.parameters[name] = LayerParameters(
        np.ascontiguousarray(weight, dtype=np.float32), full.astype(np.float32)
    )


@register("aten._native_batch_norm_legit_no_training.default")
def _batch_norm(build: Build, node: fx.Node) -> Value:
    value = build.plain(node.args[0])
    mean, variance = build.constant(node.args[3]), build.constant(node.args[4])
    if mean is None or variance is None:
        raise Refusal("batch norm without running statistics")
    gamma, beta = build.constant(node.args[1]), build.constant(node.args[2])
    factor = (1.0 if gamma is None else gamma) / np.sqrt(variance + float(str(node.args[6])))
    offset = (0.0 if beta is None else beta) - mean * factor
    channels = drop_ones((value.dims[1],), build.shape(value))[0]
    if channels not in ((), (CHANNELS,)):
        raise Refusal("it normalises another dimension than the channels")
    return affine(build, node, value, factor, offset)


def affine(
    build: Build, node: fx.Node, value: Value, factor: Floats | float, offset: Floats | float
) -> Value:
    """Multiply and add, by channel or for all: folded into the layer before, or a layer.

    Args:
        build: Grows.
        node: The operation.
        value: What it reads.
        factor: () or (channels,).
        offset: () or (channels,).
    """
    channels = build.shape(value)[CHANNELS]
    if any(np.size(one) not in (1, channels) for one in (factor, offset)):
        raise Refusal("its channels are not the tensor's channels")
    factors, offsets = (np.broadcast_to(one, (channels,)) for one in (factor, offset))
    layer = build.layers.get(value.tensor)
    fits = layer is not None and layer.is_weighted and layer.activation == "none"
    if fits and not build.is_shared(value.tensor):
        own = build.parameters[value.tensor]
        weight = own.weight.astype(np.float64) * factors[:, None, None, None]
        store(build, value.tensor, weight, own.bias * factors + offsets)
        return value
    alone = Layer("", "depthwise", (), (1, 1, channels), "s8")
    name = build.add(node, "depthwise", (value,), alone)
    store(build, name, factors[:, None, None, None], offsets)
    return build.made(name, value.dims)
