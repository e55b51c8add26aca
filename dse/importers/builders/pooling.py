"""Windows without weights: maximum and average pools, global ones among them."""

from torch import fx

from dse.importers.build import Build, Refusal, Value, register
from dse.importers.builders.arguments import argument, pair
from dse.importers.layout import CHANNELS, HEIGHT, WIDTH, Dims, drop_ones
from hw_models.network import Layer, Op, Padding, Shape

__all__: list[str] = []

Pair = tuple[int, int]


@register("aten.max_pool1d.default", "aten.max_pool2d.default")
def _max_pool(build: Build, node: fx.Node) -> Value:
    rank, source = _source(build, node)
    kernel = pair(argument(node, 1, "kernel_size"), rank)
    stride = pair(argument(node, 2, "stride") or argument(node, 1, "kernel_size"), rank)
    vertical, horizontal = _sides(argument(node, 3, "padding", 0), rank)
    if any(step > 1 for step in pair(argument(node, 4, "dilation", 1), rank)):
        raise Refusal("dilation is not supported")
    padding = (vertical, vertical, horizontal, horizontal)
    if argument(node, 5, "ceil_mode", False):
        padding = _ceil(build.shape(source), node, kernel, stride, padding)
    return _pool(build, node, source, "max_pool", kernel, stride, padding)


def _ceil(shape: Shape, node: fx.Node, kernel: Pair, stride: Pair, padding: Padding) -> Padding:
    """Padding that makes rounding up exact: padding never wins a maximum."""
    sizes = [int(size) for size in node.meta["val"].shape]
    wanted = (1, sizes[2]) if len(sizes) == 3 else (sizes[2], sizes[3])
    top, _, left, _ = padding
    bottom, right = (
        max(0, (count - 1) * step + window - size - before)
        for count, step, window, size, before in zip(
            wanted, stride, kernel, shape[:2], (top, left), strict=True
        )
    )
    return top, bottom, left, right


@register("aten.avg_pool1d.default", "aten.avg_pool2d.default")
def _avg_pool(build: Build, node: fx.Node) -> Value:
    rank, source = _source(build, node)
    kernel = pair(argument(node, 1, "kernel_size"), rank)
    stride = pair(argument(node, 2, "stride") or argument(node, 1, "kernel_size"), rank)
    if any(_sides(argument(node, 3, "padding", 0), rank)):
        raise Refusal("average pooling with padding is not supported")
    if argument(node, 6, "divisor_override") is not None:
        raise Refusal("divisor_override is not supported")
    value = _pool(build, node, source, "avg_pool", kernel, stride, (0, 0, 0, 0))
    expected = tuple(int(size) for size in node.meta["val"].shape[2:])
    if build.shape(value)[2 - rank : 2] != expected:
        raise Refusal("ceil_mode with windows that leave the input is not supported")
    return value


@register(
    "aten.adaptive_avg_pool1d.default",
    "aten.adaptive_avg_pool2d.default",
    "aten.adaptive_max_pool1d.default",
    "aten.adaptive_max_pool2d.default",
)
def _adaptive(build: Build, node: fx.Node) -> Value:
    rank, source = _source(build, node)
    op: Op = "max_pool" if "max" in str(node.target) else "avg_pool"
    given = argument(node, 1, "output_size")
    wanted = [given] * rank if isinstance(given, int) else list(given)
    shape = build.shape(source)
    counts = [1] * (2 - rank) + wanted
    sizes = [size if count is None else count for size, count in zip(shape, counts, strict=False)]
    if any(size % count for size, count in zip(shape[:2], sizes, strict=True)):
        raise Refusal(f"{shape[:2]} does not divide into {tuple(sizes)} equal windows")
    kernel = (shape[0] // sizes[0], shape[1] // sizes[1])
    return _pool(build, node, source, op, kernel, kernel, (0, 0, 0, 0))


@register("aten.mean.dim", "aten.amax.default")
def _reduce(build: Build, node: fx.Node) -> Value:
    value = build.plain(node.args[0])
    given = argument(node, 1, "dim")
    chosen = [given] if isinstance(given, int) else list(given or range(len(value.dims)))
    chosen = [index % len(value.dims) for index in chosen]
    axes = {axis for index in chosen for axis in value.dims[index]}
    if CHANNELS in axes:
        raise Refusal("a mean or maximum over the channels")
    shape = build.shape(value)
    kernel = tuple(shape[axis] if axis in axes else 1 for axis in (HEIGHT, WIDTH))
    keep = argument(node, 2, "keepdim", False)
    dims = tuple(dim for i, dim in enumerate(value.dims) if keep or i not in chosen)
    if kernel == (1, 1):
        return Value(value.tensor, dims)
    op: Op = "max_pool" if "amax" in str(node.target) else "avg_pool"
    window = (kernel[0], kernel[1])
    made = _pool(build, node, value, op, window, window, (0, 0, 0, 0))
    return build.made(made.tensor, dims)


def _source(build: Build, node: fx.Node) -> tuple[int, Value]:
    rank = 1 if "pool1d" in str(node.target) else 2
    value = build.plain(node.args[0])
    if len(value.dims) != rank + 2:
        raise Refusal("its input has no batch dimension")
    spatial: Dims = (value.dims[2], value.dims[3]) if rank == 2 else ((), value.dims[2])
    return rank, build.arrange(node, value, spatial, value.dims[1])


def _sides(given: int | list[int], rank: int) -> Pair:
    return (0, pair(given, 1)[1]) if rank == 1 else pair(given, 2)


def _pool(
    build: Build, node: fx.Node, source: Value, op: Op, kernel: Pair, stride: Pair, padding: Padding
) -> Value:
    if op == "avg_pool" and drop_ones(((HEIGHT, WIDTH),), build.shape(source)) == ((),):
        kernel = (1, 1)
    if kernel == (1, 1) and stride == (1, 1):
        return source
    layer = Layer("", op, (), (1, 1, 1), kernel=kernel, stride=stride, padding=padding)
    name = build.add(node, op, (source,), layer)
    return build.made(name, source.dims)
