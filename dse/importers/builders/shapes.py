"""Operations that rename dimensions: views, squeezes, permutations, and padding."""

from torch import fx

from dse.importers.build import Build, Refusal, Value, register
from dse.importers.builders.arguments import argument
from dse.importers.layout import regroup
from hw_models.network import Padding

__all__: list[str] = []


@register(
    "aten.view.default",
    "aten.reshape.default",
    "aten._unsafe_view.default",
    "aten.flatten.using_ints",
    "aten.squeeze.default",
    "aten.squeeze.dim",
    "aten.squeeze.dims",
    "aten.unsqueeze.default",
)
def _view(build: Build, node: fx.Node) -> Value:
    value = build.plain(node.args[0])
    sizes = [int(size) for size in node.meta["val"].shape]
    dims = regroup(value.dims, build.shape(value), sizes)
    if dims is None:
        raise Refusal(f"a view to {tuple(sizes)} splits a dimension")
    return Value(value.tensor, dims, value.stage)


@register("aten.permute.default")
def _permute(build: Build, node: fx.Node) -> Value:
    value = build.plain(node.args[0])
    order = [int(index) % len(value.dims) for index in argument(node, 1, "dims")]
    return Value(value.tensor, tuple(value.dims[index] for index in order), value.stage)


@register("aten.transpose.int")
def _transpose(build: Build, node: fx.Node) -> Value:
    value = build.plain(node.args[0])
    first, second = (int(str(index)) % len(value.dims) for index in node.args[1:3])
    dims = list(value.dims)
    dims[first], dims[second] = dims[second], dims[first]
    return Value(value.tensor, tuple(dims), value.stage)


@register("aten.pad.default", "aten.constant_pad_nd.default")
def _pad(build: Build, node: fx.Node) -> Value:
    value = build.value(node.args[0])
    constant = "constant_pad_nd" in str(node.target)
    mode = "constant" if constant else argument(node, 2, "mode", "constant")
    fill = argument(node, 2 if constant else 3, "value", 0)
    if mode != "constant" or fill not in (None, 0, 0.0):
        raise Refusal("padding with anything but zeros")
    given = [int(size) for size in argument(node, 1, "pad")]
    rank = len(value.dims) - 2
    if any(given[2 * rank :]) or min(given) < 0 or rank not in (1, 2):
        raise Refusal("padding of batch or channels, or negative padding")
    left, right, top, bottom = (*given, 0, 0, 0, 0)[:4]
    extra = (top, bottom, left, right)
    padding: Padding = (
        value.padding[0] + extra[0], value.padding[1] + extra[1],
        value.padding[2] + extra[2], value.padding[3] + extra[3],
    )  # fmt: skip
    return Value(value.tensor, value.dims, value.stage, padding)
