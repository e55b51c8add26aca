"""Layers that run in strips: s4 tensors are unpacked and packed, and pools fused, strip by strip.

A strip is a few rows of the output. The rows of the input under it are unpacked to bytes in
scratch, the ordinary kernel for bytes makes the strip, a fused pool reduces it, and it is packed
into the output. Signals of one row run in strips of columns. What dse_strips.c does is computed
here.
"""

from collections import Counter
from dataclasses import dataclass, replace
from math import prod

from hw_models.network import Layer, Network, Shape, Tensor, expected_shape

__all__ = [
    "CHUNK_ELEMENTS",
    "STRIP_PIXELS",
    "Strip",
    "StripPlan",
    "call_kind",
    "chunk_pixels",
    "is_striped",
    "is_virtual",
    "kernel_runs",
    "operation",
    "packs",
    "pool_runs",
    "strip_plan",
    "whole_run",
]

STRIP_PIXELS = 16
"""A strip has the fewest rows that hold so many of the kernel's output pixels: memory is dear."""

CHUNK_ELEMENTS = 128
"""An addition takes the fewest whole fours of pixels that hold so many elements."""

_WINDOWED = ("conv", "depthwise", "max_pool", "avg_pool")


@dataclass(frozen=True)
class Strip:
    """One strip, in rows (of a signal: columns).

    Args:
        start: First row of the input that is read.
        rows: How many are read.
        before: Rows of padding before them.
        made: Rows that the kernel makes.
        kept: Rows that a fused pool leaves of them.
        row: First row of the output that is written.
    """

    start: int
    rows: int
    before: int
    made: int
    kept: int
    row: int


@dataclass(frozen=True)
class StripPlan:
    """How a windowed layer is cut.

    Args:
        is_flat: Whether strips are columns of a signal.
        step: Rows of the output in a strip.
        window: Rows of the kernel's output to each of them: the fused pool's, else 1.
        source: Shape of the input.
        made: Shape of the kernel's whole output.
        output: Shape of what is stored.
        strips: In running order.
    """

    is_flat: bool
    step: int
    window: int
    source: Shape
    made: Shape
    output: Shape
    strips: tuple[Strip, ...]

    def pixels(self, shape: Shape, rows: int) -> int:
        """Pixels in some rows of an image of that shape."""
        return rows if self.is_flat else rows * shape[1]


def is_virtual(layer: Layer) -> bool:
    """Whether a layer has no kernel of its own: another has made its output already."""
    return layer.op == "flatten" or layer.fused


def call_kind(network: Network, layer: Layer) -> str:
    """Layers of one kind have calls of about one size."""
    if is_virtual(layer):
        return "flatten"
    return f"{layer.op}_strips" if is_striped(network, layer) else layer.op


def operation(network: Network, layer: Layer) -> str:
    """The op as tables name it: a lookup by its function, others with what is fused to them."""
    if layer.fused:
        return f"{layer.op} (in {layer.inputs[0]})"
    if layer.function is not None:
        return layer.function
    pool = network.fused_pool(layer)
    return layer.op if pool is None else f"{layer.op} + {pool.op}"


def packs(network: Network, layer: Layer) -> tuple[int, bool]:
    """How many of the layer's inputs are unpacked, and whether its output is packed."""
    stored = network.fused_pool(layer) or layer
    inputs = sum(source.format == "s4" for source in network.inputs(layer))
    return inputs, stored.format == "s4"


def is_striped(network: Network, layer: Layer) -> bool:
    """Whether a layer needs more than one call of its kernel; a concat copies s4 as it is."""
    if is_virtual(layer) or layer.op == "concat":
        return False
    return packs(network, layer) != (0, False) or network.fused_pool(layer) is not None


def strip_plan(network: Network, layer: Layer) -> StripPlan | None:
    """How a layer is cut; None if it is no windowed layer in strips."""
    if layer.op not in _WINDOWED or not is_striped(network, layer):
        return None
    source = network.tensor(layer.inputs[0]).shape
    pool = network.fused_pool(layer)
    stored = layer if pool is None else pool
    is_flat = source[0] == 1 and layer.shape[0] == 1
    axis = 1 if is_flat else 0
    window = 1 if pool is None else pool.kernel[axis]
    line = 1 if is_flat else layer.shape[1]
    lines = stored.shape[axis]
    step = min(lines, -(-STRIP_PIXELS // (line * window)))
    strips = []
    for row in range(0, lines, step):
        kept = min(step, lines - row)
        made = kept * window
        first = row * window * layer.stride[axis] - layer.padding[2 * axis]
        last = first + (made - 1) * layer.stride[axis] + layer.kernel[axis]
        start = max(first, 0)
        rows = min(last, source[axis]) - start
        strips.append(Strip(start, rows, start - first, made, kept, row))
    return StripPlan(is_flat, step, window, source, layer.shape, stored.shape, tuple(strips))


def kernel_runs(network: Network, layer: Layer, plan: StripPlan) -> Counter[Network]:
    """The layer's kernel as it runs on the strips: networks of one layer, and how often each."""
    source = network.tensor(layer.inputs[0])
    runs: Counter[Network] = Counter()
    for strip in plan.strips:
        shape = _resized(plan, source.shape, strip.rows)
        padding = list(layer.padding)
        axis = 1 if plan.is_flat else 0
        needed = (strip.made - 1) * layer.stride[axis] + layer.kernel[axis]
        padding[2 * axis] = strip.before
        padding[2 * axis + 1] = max(0, needed - strip.before - strip.rows)
        own = replace(
            layer,
            shape=_resized(plan, layer.shape, strip.made),
            padding=(padding[0], padding[1], padding[2], padding[3]),
        )
        runs[_single(own, Tensor(source.name, shape))] += 1
    return runs


def pool_runs(network: Network, layer: Layer, plan: StripPlan) -> Counter[Network]:
    """The fused pool as it runs on the strips; empty if there is none."""
    pool = network.fused_pool(layer)
    runs: Counter[Network] = Counter()
    if pool is not None:
        for strip in plan.strips:
            source = Tensor(layer.name, _resized(plan, layer.shape, strip.made))
            own = replace(pool, shape=_resized(plan, pool.shape, strip.kept), fused=False)
            runs[_single(own, source)] += 1
    return runs


def whole_run(network: Network, layer: Layer) -> Network:
    """A linear layer between bytes."""
    source = network.tensor(layer.inputs[0])
    return _single(layer, Tensor(source.name, source.shape))


def chunk_pixels(layer: Layer) -> int:
    """Pixels that an addition takes at a time."""
    channels = layer.shape[2]
    pixels = prod(layer.shape[:2])
    return min(-(-pixels // 4) * 4, 4 * -(-CHUNK_ELEMENTS // (4 * channels)))


def _resized(plan: StripPlan, shape: Shape, rows: int) -> Shape:
    height, width, channels = shape
    return (height, rows, channels) if plan.is_flat else (rows, width, channels)


def _single(layer: Layer, source: Tensor) -> Network:
    own = replace(layer, inputs=(source.name,), format="s8")
    return Network("strip", source, (replace(own, shape=expected_shape(own, (source,))),))
