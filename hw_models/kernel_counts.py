"""Loop counts of the kernels: each function mirrors the loop nest of one C file.

A count is the number of times a stretch of straight code runs in one call, so the cycles of a
layer are linear in its counts. `call` is always 1.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, cast

from hw_models.core_class import CoreClass, Counts
from hw_models.dense_counts import conv, linear
from hw_models.depthwise_counts import depthwise
from hw_models.network import WORD_BITS, Layer, Network, Tensor
from hw_models.pixel_counts import moved_pixels
from hw_models.window_counts import layer_spans, valid_steps
from hw_models.xnor_counts import conv_xnor, conv_xnor_bits, linear_xnor

__all__ = ["COUNTERS", "CoreClass", "Counts", "Variant"]

Variant = Literal["dense", "expanded", "xnor", "bits", "plain"]
Counting = Callable[[Network, Layer, CoreClass], Counts]


def _source(network: Network, layer: Layer) -> Tensor:
    return network.tensor(layer.inputs[0])


def _pixels(layer: Layer) -> int:
    return layer.shape[0] * layer.shape[1]


def _pool(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_max_pool_dsp, dse_avg_pool: window rows and values in the image, times channels.

    long_windows, long_rows: of those, the loops that branch back, which a core with branch
    prediction leaves with a wrong guess.
    """
    return _windows(layer, _source(network, layer))


def _windows(layer: Layer, source: Tensor) -> Counts:
    """What loops over windows for every channel do."""
    channels = layer.shape[2]
    rows, values = valid_steps(layer, source)
    vertical, horizontal = layer_spans(layer, source)
    pixels = _pixels(layer)
    long_rows = sum(vertical.inside) * sum(width > 1 for width in horizontal.inside)
    long_windows = sum(height > 1 for height in vertical.inside) * layer.shape[1]
    return {
        "call": 1,
        "pixels": pixels,
        "outputs": pixels * channels,
        "long_windows": long_windows * channels,
        "long_rows": long_rows * channels,
        "window_rows": rows * channels,
        "window_values": values * channels,
    }


def _max_pool(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_max_pool: four channels at once where their number allows it; dse_max_pool_dsp."""
    if core_class == "dsp":
        return _pool(network, layer, core_class)
    channels = layer.shape[2]
    quads, singles = (0, channels) if channels % 4 else (channels // 4, 0)
    rows, values = valid_steps(layer, _source(network, layer))
    pixels = _pixels(layer)
    return {
        "call": 1,
        "pixels": pixels,
        "quads": pixels * quads,
        "quad_rows": rows * quads,
        "quad_values": values * quads,
        "singles": pixels * singles,
        "single_rows": rows * singles,
        "single_values": values * singles,
    }


def _max_pool_bits(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_max_pool_bits: as for the pools of dsp, 32 channels at once; rows of the output."""
    words = -(-layer.shape[2] // WORD_BITS)
    source = network.tensor(layer.inputs[0])
    own = replace(layer, shape=(*layer.shape[:2], words))
    image = replace(source, shape=(*source.shape[:2], words))
    return {**_windows(own, image), "rows": layer.shape[0]}


def _elements(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_add, dse_argmax: elements read."""
    return {"call": 1, "elements": _source(network, layer).elements}


def _concat(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_concat[_dsp]: the pixels of every input."""
    total = layer.output.size_bytes // _pixels(layer)
    found = Counter({"call": 1, "parts": len(layer.inputs)})
    at = 0
    for source in network.inputs(layer):
        size = source.size_bytes // _pixels(layer)
        found.update(moved_pixels(size, _pixels(layer), (total, at), core_class))
        at += size
    return dict(found)


def _transpose(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_transpose: outer, middle and inner loop over the output; long_ as for the pools."""
    first, second, third = layer.shape
    return {
        "call": 1,
        "planes": first,
        "long_planes": first if second > 1 else 0,
        "rows": first * second,
        "long_rows": first * second if third > 1 else 0,
        "elements": first * second * third,
    }


def _lookup(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_lookup: elements by four, then one at a time."""
    quads, singles = divmod(layer.output.elements, 4)
    return {"call": 1, "quads": quads, "singles": singles}


def _softmax(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_softmax: vectors and logits."""
    return {"call": 1, "rows": _pixels(layer), "elements": layer.output.elements}


def _flatten(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """No kernel: the output is the input."""
    return {"call": 0}


COUNTERS = cast(
    dict[tuple[str, Variant], Counting],
    {
        ("conv", "dense"): conv,
        ("conv", "xnor"): conv_xnor,
        ("conv", "bits"): conv_xnor_bits,
        ("depthwise", "dense"): depthwise,
        ("linear", "dense"): linear,
        ("linear", "xnor"): linear_xnor,
        ("max_pool", "plain"): _max_pool,
        ("max_pool", "bits"): _max_pool_bits,
        ("avg_pool", "plain"): _pool,
        ("add", "plain"): _elements,
        ("concat", "plain"): _concat,
        ("argmax", "plain"): _elements,
        ("transpose", "plain"): _transpose,
        ("lookup", "plain"): _lookup,
        ("softmax", "plain"): _softmax,
        ("flatten", "plain"): _flatten,
    },
)
