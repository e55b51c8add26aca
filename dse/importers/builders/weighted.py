"""Convolutions, linear layers and batch norm."""

from dataclasses import replace
from math import prod

import numpy as np
from numpy.typing import NDArray
from torch import fx

from dse.importers.build import Build, Refusal, Value, register
from dse.importers.builders.arguments import argument, pair
from dse.importers.layout import CHANNELS, HEIGHT, WIDTH, Dims, drop_ones
from dse.parameters import LayerParameters
from hw_models.network import Layer, Op, Padding

__all__: list[str] = []

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
    _store(build, name, weight.transpose(0, 2, 3, 1), bias)
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
    _store(build, name, columns.reshape(len(weight), 1, 1, prod(sizes)), bias)
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
    _store(build, name, weight[:, None, None, :], bias)
    dims = list(source.dims)
    dims[-1] = (CHANNELS,)
    return build.made(name, tuple(dims))


def _weights(build: Build, node: fx.Node) -> Floats:
    weight = build.constant(node.args[1])
    if weight is None:
        raise Refusal("it has no weights")
    return weight


def _store(build: Build, name: str, weight: Floats, bias: Floats | None) -> None:
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
    argument_node = node.args[0]
    alone = isinstance(argument_node, fx.Node) and len(argument_node.users) == 1
    layer = build.layers.get(value.tensor)
    fits = layer is not None and layer.is_weighted and layer.activation == "none"
    if layer and fits and alone and len(factor) == layer.shape[2] and not build.is_read(layer.name):
        return _fold(build, value, factor, offset)
    return _standalone(build, node, value, factor, offset)


def _fold(build: Build, value: Value, factor: Floats, offset: Floats) -> Value:
    own = build.parameters[value.tensor]
    weight = own.weight.astype(np.float64) * factor[:, None, None, None]
    _store(build, value.tensor, weight, own.bias * factor + offset)
    build.absorb(value.tensor, build.layers[value.tensor])
    return replace(value, stage=build.stages[value.tensor])


def _standalone(build: Build, node: fx.Node, value: Value, factor: Floats, offset: Floats) -> Value:
    """Batch norm with no weighted layer to fold into is a 1x1 depthwise convolution."""
    if len(factor) != build.shape(value)[CHANNELS]:
        raise Refusal("its channels are not the tensor's channels")
    layer = Layer("", "depthwise", (), (1, 1, len(factor)), "s8")
    name = build.add(node, "depthwise", (value,), layer)
    _store(build, name, factor[:, None, None, None], offset)
    return build.made(name, value.dims)
