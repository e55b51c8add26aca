"""Activations, residual additions and operations that do nothing at inference."""

from dataclasses import replace

from torch import fx

from dse.importers.build import Build, Refusal, Value, register
from dse.importers.builders.arguments import argument
from dse.importers.builders.concat import clamp_parts, clamps_parts
from dse.importers.layout import Dims, arrangement, drop_ones
from hw_models.network import Activation, Layer

__all__: list[str] = []


@register("aten.relu.default")
def _relu(build: Build, node: fx.Node) -> Value:
    return _fuse(build, node, build.plain(node.args[0]), "relu")


@register("aten.relu6.default")
def _relu6(build: Build, node: fx.Node) -> Value:
    return _fuse(build, node, build.plain(node.args[0]), "relu6")


@register("aten.hardtanh.default", "aten.clamp.default", "aten.clamp_min.default")
def _clamp(build: Build, node: fx.Node) -> Value:
    unbounded = "hardtanh" not in str(node.target)
    low = argument(node, 1, "min_val" if not unbounded else "min", None if unbounded else -1)
    high = argument(node, 2, "max_val" if not unbounded else "max", None if unbounded else 1)
    if low != 0 or high not in (None, 6):
        raise Refusal(f"a clamp to [{low}, {high}]; only [0, 6] and [0, inf)")
    return _fuse(build, node, build.plain(node.args[0]), "relu" if high is None else "relu6")


def _fuse(build: Build, node: fx.Node, value: Value, activation: Activation) -> Value:
    """Let the layer that made the value clamp it.

    A max pool and its input clamp alike, so the layer before the pool takes the activation. A
    concat cannot clamp: the layers before it do, or else a pool of single values behind it.
    """
    target = build.layers.get(value.tensor)
    passed: list[Layer] = []
    while target is not None and target.op in ("max_pool", "flatten", "transpose"):
        before = build.layers.get(target.inputs[0])
        others = [layer for layer in build.layers.values() if target.inputs[0] in layer.inputs]
        if before is None or len(others) > 1 or before.op in ("softmax", "argmax"):
            break
        passed.append(target)
        target = before
    if target is None or target.op in ("flatten", "transpose"):
        raise Refusal("an activation on the network's input has no layer to join")
    if target.op in ("softmax", "argmax"):
        raise Refusal("an activation behind the head")
    if target.op == "concat":
        return _fuse_concat(build, node, value, [target, *passed], activation)
    if build.is_read(value.tensor):
        raise Refusal(
            f"{value.tensor!r} is also read before this activation; "
            "the two can be one layer only if nothing else reads it"
        )
    both: Activation = "relu6" if "relu6" in (activation, target.activation) else "relu"
    build.absorb(target.name, replace(target, activation=both))
    for layer in passed:
        build.absorb(layer.name, layer)
    return replace(value, stage=build.stages[value.tensor])


def _fuse_concat(
    build: Build, node: fx.Node, value: Value, passed: list[Layer], activation: Activation
) -> Value:
    """`passed`: the concat, then what follows it, last first."""
    concat, reader = passed[0].name, passed[-1].name if len(passed) > 1 else ""
    operand = node.args[0]
    alone = isinstance(operand, fx.Node) and len(operand.users) == 1
    if not alone or build.is_read(value.tensor) or not clamps_parts(build, concat, reader):
        pool = Layer("", "max_pool", (), (1, 1, 1), activation=activation)
        return build.made(build.add(node, "max_pool", (value,), pool), value.dims)
    clamp_parts(build, concat, activation)
    for layer in passed[1:]:
        build.absorb(layer.name, layer)
    return replace(value, stage=build.stages[value.tensor])


@register("aten.add.Tensor")
def _add(build: Build, node: fx.Node) -> Value:
    if argument(node, 2, "alpha", 1) != 1:
        raise Refusal("an addition with alpha")
    first, second = build.plain(node.args[0]), build.plain(node.args[1])
    if first.tensor == second.tensor:
        raise Refusal("an addition of a tensor to itself")
    second = _align(build, node, first, second)
    name = build.add(node, "add", (first, second), Layer("", "add", (), (1, 1, 1)))
    return build.made(name, first.dims)


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
