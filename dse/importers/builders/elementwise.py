"""Activations, residual additions and operations that do nothing at inference."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import fx

from dse.importers.build import Build, Refusal, Value, register
from dse.importers.builders.arguments import argument
from dse.importers.builders.concat import clamp_parts, clamps_parts
from dse.importers.builders.weighted import affine
from dse.importers.layout import CHANNELS, Dims, arrangement, drop_ones
from hw_models.network import Activation, Layer

__all__: list[str] = []


@register("aten.relu.default")
def _relu(build: Build, node: fx.Node) -> Value:
    return _fuse(build, node, "relu")


@register("aten.relu6.default")
def _relu6(build: Build, node: fx.Node) -> Value:
    return _fuse(build, node, "relu6")


@register("aten.hardtanh.default", "aten.clamp.default", "aten.clamp_min.default")
def _clamp(build: Build, node: fx.Node) -> Value:
    unbounded = "hardtanh" not in str(node.target)
    low = argument(node, 1, "min_val" if not unbounded else "min", None if unbounded else -1)
    high = argument(node, 2, "max_val" if not unbounded else "max", None if unbounded else 1)
    if low != 0 or high not in (None, 6):
        raise Refusal(f"a clamp to [{low}, {high}]; only [0, 6] and [0, inf)")
    return _fuse(build, node, "relu" if high is None else "relu6")


def _fuse(build: Build, node: fx.Node, activation: Activation) -> Value:
    """Let the layer that made the value clamp it.

    A max pool and its input clamp alike, so the layer before the pool takes the activation. A
    concat cannot clamp: the layers before it do. Where none may, because others read it unclamped,
    a pool of single values clamps.
    """
    value = build.plain(node.args[0])
    target = None if build.is_shared(value.tensor) else build.layers.get(value.tensor)
    while target is not None and target.op in ("max_pool", "flatten", "transpose"):
        before = build.layers.get(target.inputs[0])
        if before is None or build.is_shared(before.name) or before.op in ("softmax", "argmax"):
            break
        target = before
    if target is not None and target.op in ("softmax", "argmax"):
        raise Refusal("an activation behind the head")
    parts = target is not None and target.op == "concat"
    if target is not None and parts and clamps_parts(build, target.name):
        clamp_parts(build, target.name, activation)
        return value
    if target is None or parts or target.op in ("flatten", "transpose"):
        layer = Layer("", "max_pool", (), (1, 1, 1), activation=activation)
        return build.made(build.add(node, "max_pool", (value,), layer), value.dims)
    both: Activation = "relu6" if "relu6" in (activation, target.activation) else "relu"
    build.layers[target.name] = replace(target, activation=both)
    return value


@register("aten.add.Tensor")
def _add(build: Build, node: fx.Node) -> Value:
    if argument(node, 2, "alpha", 1) != 1:
        raise Refusal("an addition with alpha")
    if not build.is_activation(node.args[0]) or not build.is_activation(node.args[1]):
        value, constant = _operands(build, node)
        return affine(build, node, value, 1.0, constant)
    first, second = build.plain(node.args[0]), build.plain(node.args[1])
    if first.tensor == second.tensor:
        raise Refusal("an addition of a tensor to itself")
    second = _align(build, node, first, second)
    name = build.add(node, "add", (first, second), Layer("", "add", (), (1, 1, 1)))
    return build.made(name, first.dims)


@register("aten.sub.Tensor", "aten.mul.Tensor", "aten.div.Tensor")
def _scale(build: Build, node: fx.Node) -> Value:
    """With a number or a stored tensor it is a batch norm."""
    kind = str(node.target).split(".")[1]
    if argument(node, 2, "alpha", 1) != 1 or "rounding_mode" in node.kwargs:
        raise Refusal("it has alpha or a rounding mode")
    if all(build.is_activation(one) for one in node.args):
        raise Refusal("it joins two activations, such as a gate; only additions may")
    value, constant = _operands(build, node)
    if kind != "mul" and not build.is_activation(node.args[0]):
        raise Refusal("its first operand is a constant")
    if kind == "sub":
        return affine(build, node, value, 1.0, -constant)
    return affine(build, node, value, constant if kind == "mul" else 1.0 / constant, 0.0)


def _operands(build: Build, node: fx.Node) -> tuple[Value, NDArray[np.float64]]:
    """The activation and the constant: () or (channels,)."""
    first, second = node.args[:2]
    active, other = (first, second) if build.is_activation(first) else (second, first)
    value = build.plain(active)
    if isinstance(other, int | float):
        return value, np.array(float(other))
    constant = build.constant(other)
    if constant is None or constant.ndim > len(value.dims):
        raise Refusal("its operands have different numbers of dimensions")
    sizes = (1,) * (len(value.dims) - constant.ndim) + constant.shape
    wide = [dim for dim, size in zip(value.dims, sizes, strict=True) if size > 1]
    if any(dim != (CHANNELS,) for dim in wide):
        raise Refusal("a stored operand may differ from channel to channel only")
    return value, constant.reshape(-1) if wide else constant.reshape(())


def _align(build: Build, node: fx.Node, first: Value, second: Value) -> Value:
    """The second operand, laid out as the first."""
    wanted = drop_ones(first.dims, build.shape(first))
    given = drop_ones(second.dims, build.shape(second))
    if build.shape(first) == build.shape(second) and wanted == given:
        return second
    places: list[tuple[int, ...]] = [(), (), ()]
    for target, source in zip(wanted, given, strict=False):
        if len(target) > 1 or len(target) != len(source):
            raise Refusal("an addition of two shapes (broadcasting) or of two flattened orders")
        if target:
            places[target[0]] = source
    if len(wanted) != len(given) or arrangement(*places) is None:
        raise Refusal("an addition of two shapes (broadcasting)")
    spatial: Dims = (places[0], places[1])
    moved = build.arrange(node, second, spatial, places[2])
    if build.shape(moved) != build.shape(first):
        raise Refusal(f"an addition of {build.shape(first)} and {build.shape(moved)}")
    return moved


@register(
    "aten.clone.default",
    "aten.dropout.default",
    "aten.feature_dropout.default",
    "aten.alpha_dropout.default",
    "aten.alias.default",
    "aten.contiguous.default",
    "aten.detach.default",
    "aten.lift_fresh_copy.default",
)
def _nothing(build: Build, node: fx.Node) -> Value:
    return build.value(node.args[0])


@register("<built-in function getitem>")
def _item(build: Build, node: fx.Node) -> Value:
    if node.args[1] != 0:
        raise Refusal("only the first of several results")
    return build.value(node.args[0])
