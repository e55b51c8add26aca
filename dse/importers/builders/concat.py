"""Concatenation along the channels, and activations behind it."""

from dataclasses import replace

from torch import fx

from dse.importers.build import Build, Refusal, Value, register
from dse.importers.builders.arguments import argument
from dse.importers.layout import CHANNELS, HEIGHT, WIDTH, Dims, drop_ones
from hw_models.network import Activation, Layer

__all__ = ["clamp_parts", "clamps_parts"]

_OWN_CLAMP = frozenset({"conv", "depthwise", "linear", "add", "max_pool", "avg_pool", "lookup"})


@register("aten.cat.default")
def _concat(build: Build, node: fx.Node) -> Value:
    operands = node.args[0]
    if not isinstance(operands, list | tuple):
        raise Refusal("its operands are not a list")
    values = [build.plain(operand) for operand in operands]
    rank = len(values[0].dims)
    axis = int(argument(node, 1, "dim", 0)) % rank
    places = [place for place in range(rank) if place not in (0, axis)]
    for value in values:
        given = drop_ones(value.dims, build.shape(value))
        if axis == 0 or len(places) > 2 or any(CHANNELS in given[place] for place in places):
            raise Refusal(f"a concatenation along dimension {axis}; only along the channels")
    parts = [_channels_last(build, node, value, axis, places) for value in values]
    if len(parts) == 1:
        return parts[0]
    name = build.add(node, "concat", tuple(parts), Layer("", "concat", (), (1, 1, 1)))
    dims: list[tuple[int, ...]] = [()] * rank
    dims[axis] = (CHANNELS,)
    for place, spatial in zip(reversed(places), (WIDTH, HEIGHT), strict=False):
        dims[place] = (spatial,)
    return build.made(name, tuple(dims))


def _channels_last(
    build: Build, node: fx.Node, value: Value, axis: int, places: list[int]
) -> Value:
    """An operand with its channels innermost; a flattened image in torch's order."""
    spatial: Dims = ((), (), *(value.dims[place] for place in places))[-2:]
    order = drop_ones((value.dims[axis],), build.shape(value))[0]
    if len(order) > 1 and list(order) != sorted(order):
        free = [one for one in range(3) if one not in order]
        first, second, third = (*free, *order)
        turned = Layer("", "transpose", (), (1, 1, 1), permutation=(first, second, third))
        name = build.add(node, "transpose", (value,), turned)
        moved = build.made(name, tuple((0, 1, 2) if dim else () for dim in value.dims))
        return build.flatten(node, moved)
    return build.arrange(node, value, spatial, order)


def clamps_parts(build: Build, name: str) -> bool:
    """Whether all that a tensor is made of can be clamped where it is made."""
    layer = build.layers.get(name)
    if layer is None or build.is_shared(name):
        return False
    if layer.op == "concat":
        return all(clamps_parts(build, part) for part in layer.inputs)
    return layer.op in _OWN_CLAMP


def clamp_parts(build: Build, name: str, activation: Activation) -> None:
    """Let the layers that a tensor is made of clamp it: a concat only copies."""
    layer = build.layers[name]
    if layer.op == "concat":
        for part in dict.fromkeys(layer.inputs):
            clamp_parts(build, part, activation)
        return
    both: Activation = "relu6" if "relu6" in (activation, layer.activation) else "relu"
    build.layers[name] = replace(layer, activation=both)
