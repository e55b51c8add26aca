"""Softmax and argmax: the last layers of a classifier."""

from torch import fx

from dse.importers.build import Build, Refusal, Value, register
from dse.importers.builders.arguments import argument
from dse.importers.layout import CHANNELS, drop_ones
from hw_models.network import Layer

__all__: list[str] = []


@register("aten.softmax.int", "aten._softmax.default")
def _softmax(build: Build, node: fx.Node) -> Value:
    value = _vector(build, node)
    name = build.add(node, "softmax", (value,), Layer("", "softmax", (), (1, 1, 1)))
    return build.made(name, value.dims)


@register("aten.log_softmax.int", "aten._log_softmax.default")
def _log_softmax(build: Build, node: fx.Node) -> Value:
    """At the end it is left out: the scores keep their order, and training adds its own."""
    if any(user.op != "output" for user in node.users):
        raise Refusal("it can be left out only as the last operation")
    return _vector(build, node)


@register("aten.argmax.default")
def _argmax(build: Build, node: fx.Node) -> Value:
    value = _vector(build, node)
    layer = Layer("", "argmax", (), (1, 1, 1), format="s16")
    return build.made(build.add(node, "argmax", (value,), layer), ((),))


def _vector(build: Build, node: fx.Node) -> Value:
    value = build.plain(node.args[0])
    dims = drop_ones(value.dims, build.shape(value))
    chosen = argument(node, 1, "dim")
    if chosen is not None and dims[int(chosen)] != (CHANNELS,):
        raise Refusal("it must run over the classes of one vector")
    if build.shape(value)[:2] != (1, 1):
        raise Refusal("it must run over one vector")
    return value
