"""Element-wise functions that become a table."""

from torch import fx

from dse.importers.build import Build, Refusal, Value, register
from dse.importers.builders.arguments import argument
from hw_models.network import Function, Layer

__all__: list[str] = []

_PLAIN: dict[str, Function] = {
    "aten.hardswish.default": "hard_swish",
    "aten.hardsigmoid.default": "hard_sigmoid",
    "aten.sigmoid.default": "sigmoid",
    "aten.tanh.default": "tanh",
    "aten.silu.default": "silu",
}


@register(*_PLAIN)
def _function(build: Build, node: fx.Node) -> Value:
    return _look_up(build, node, _PLAIN[str(node.target)])


@register("aten.gelu.default")
def _gelu(build: Build, node: fx.Node) -> Value:
    is_exact = argument(node, 1, "approximate", "none") == "none"
    return _look_up(build, node, "gelu" if is_exact else "gelu_tanh")


@register("aten.elu.default")
def _elu(build: Build, node: fx.Node) -> Value:
    given = [argument(node, 1 + at, name, 1) for at, name in enumerate(("alpha", "scale"))]
    if any(value != 1 for value in (*given, argument(node, 3, "input_scale", 1))):
        raise Refusal(f"alpha and scale {tuple(given)}; only 1")
    return _look_up(build, node, "elu")


@register("aten.leaky_relu.default")
def _leaky_relu(build: Build, node: fx.Node) -> Value:
    slope = float(argument(node, 1, "negative_slope", 0.01))
    return _look_up(build, node, "leaky_relu", slope)


def _look_up(build: Build, node: fx.Node, function: Function, slope: float = 0.0) -> Value:
    value = build.plain(node.args[0])
    layer = Layer("", "lookup", (), (1, 1, 1), function=function, slope=slope)
    return build.made(build.add(node, "lookup", (value,), layer), value.dims)
