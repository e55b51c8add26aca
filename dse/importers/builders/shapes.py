"""Operations that rename dimensions: views, squeezes, permutations, and padding."""

import numpy as np
from torch import fx

from dse.importers.build import Build, Refusal, Value, register
from dse.importers.builders.arguments import argument
from dse.importers.builders.weighted import store
from dse.importers.layout import CHANNELS, HEIGHT, WIDTH, regroup
from hw_models.network import Layer, Padding

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
    return Value(value.tensor, dims)


@register("aten.permute.default")
def _permute(build: Build, node: fx.Node) -> Value:
    value = build.plain(node.args[0])
    order = [int(index) % len(value.dims) for index in argument(node, 1, "dims")]
    return Value(value.tensor, tuple(value.dims[index] for index in order))


@register("aten.transpose.int")
def _transpose(build: Build, node: fx.Node) -> Value:
    value = build.plain(node.args[0])
    first, second = (int(str(index)) % len(value.dims) for index in node.args[1:3])
    dims = list(value.dims)
    dims[first], dims[second] = dims[second], dims[first]
    return Value(value.tensor, tuple(dims))


@register("aten.slice.Tensor")
def _slice(build: Build, node: fx.Node) -> Value:
    """Every n-th row or column is a pool of single values."""
    value = build.plain(node.args[0])
    index = int(argument(node, 1, "dim", 0)) % len(value.dims)
    start, step = argument(node, 2, "start") or 0, int(argument(node, 4, "step", 1))
    source = node.args[0].meta["val"].shape if isinstance(node.args[0], fx.Node) else ()
    size, made = int(source[index]), int(node.meta["val"].shape[index])
    if size == made:
        return value
    axes = value.dims[index]
    if start != 0 or made != -(-size // step) or axes not in ((HEIGHT,), (WIDTH,)):
        raise Refusal("it cuts a part out of a tensor; only every n-th row or column, from 0")
    stride = (step, 1) if axes == (HEIGHT,) else (1, step)
    before = build.layers.get(value.tensor)
    if before is not None and _is_subsampling(before) and not build.is_shared(before.name):
        del build.layers[before.name]
        stride = (stride[0] * before.stride[0], stride[1] * before.stride[1])
        value = Value(before.inputs[0], value.dims)
    layer = Layer("", "max_pool", (), (1, 1, 1), stride=stride)
    return build.made(build.add(node, "max_pool", (value,), layer), value.dims)


def _is_subsampling(layer: Layer) -> bool:
    return layer.op == "max_pool" and layer.kernel == (1, 1) and layer.activation == "none"


@register("aten.select.int")
def _select(build: Build, node: fx.Node) -> Value:
    value = build.plain(node.args[0])
    index = int(argument(node, 1, "dim")) % len(value.dims)
    source = node.args[0].meta["val"].shape if isinstance(node.args[0], fx.Node) else ()
    if int(source[index]) != 1:
        raise Refusal(f"it takes one of {int(source[index])} entries of a dimension")
    return Value(value.tensor, value.dims[:index] + value.dims[index + 1 :])


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
    if min(given) < 0 or rank not in (1, 2) or any(given[2 * rank + 2 :]):
        raise Refusal("padding of the batch, or negative padding")
    if any(given[2 * rank :]):
        value = _pad_channels(build, node, given[2 * rank], given[2 * rank + 1])
    left, right, top, bottom = (*given, 0, 0, 0, 0)[:4]
    extra = (top, bottom, left, right)
    padding: Padding = (
        value.padding[0] + extra[0], value.padding[1] + extra[1],
        value.padding[2] + extra[2], value.padding[3] + extra[3],
    )  # fmt: skip
    return Value(value.tensor, value.dims, padding)


def _pad_channels(build: Build, node: fx.Node, before: int, behind: int) -> Value:
    """Channels of zeros come from a pointwise convolution with ones and zeros."""
    value = build.plain(node.args[0])
    if value.dims[1] != (CHANNELS,):
        raise Refusal("padding of a dimension that is not the channels")
    channels = build.shape(value)[CHANNELS]
    layer = Layer("", "conv", (), (1, 1, before + channels + behind), "s8")
    name = build.add(node, "conv", (value,), layer)
    weight = np.pad(np.eye(channels), ((before, behind), (0, 0)))
    store(build, name, weight[:, None, None, :], None)
    return build.made(name, value.dims)
