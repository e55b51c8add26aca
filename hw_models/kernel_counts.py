"""Loop counts of the kernels: each function mirrors the loop nest of one C file.

A count is the number of times a stretch of straight code runs in one call, so the cycles of a
layer are linear in its counts. `call` is always 1.
"""

from collections import Counter
from collections.abc import Callable
from typing import Literal, cast

from hw_models.dense_counts import CoreClass, Counts, columns_of, conv, depthwise, linear
from hw_models.network import Layer, Network, Tensor
from hw_models.pixel_counts import moved_pixels
from hw_models.window_counts import gathered, layer_spans, valid_steps

__all__ = ["COUNTERS", "CoreClass", "Counts", "Variant"]

Variant = Literal["dense", "expanded", "xnor", "plain"]
Counting = Callable[[Network, Layer, CoreClass], Counts]

_XNOR_BLOCK = 16
_XNOR_UNROLLED = (18, 9)


def _source(network: Network, layer: Layer) -> Tensor:
    return network.tensor(layer.inputs[0])


def _pixels(layer: Layer) -> int:
    return layer.shape[0] * layer.shape[1]


def _xnor_signs(channels: int, pixels: int, *, by_words: bool) -> Counts:
    """dse_signs: whole words by 32 channels, the others bit by bit."""
    whole = channels // 32 if by_words else 0
    return {
        "sign_words": pixels * whole,
        "sign_bit_words": pixels * (-(-channels // 32) - whole),
        "sign_bits": pixels * (channels - 32 * whole),
    }


def _xnor_rows(words: int, pixels: int, outputs: int) -> Counts:
    """dse_rows_xnor with loops: words of an output by 18, 9, 3 and 1."""
    nines, rest = divmod(words % 18, 9)
    total = pixels * outputs
    return {
        "outputs": total,
        "eighteens": total * (words // 18),
        "nines": total * nines,
        "threes": total * (rest // 3),
        "ones": total * (rest % 3),
    }


def _conv_xnor(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_conv_xnor: signs of the whole input, then one output pixel at a time.

    gather_rows, _runs, _words: of the patches of signs. groups: three words of a patch.
    blocks: outputs by 16. outputs_18, outputs_9: those of unrolled loops.
    """
    source = _source(network, layer)
    pixels, per_pixel = _pixels(layer), -(-source.shape[2] // 32)
    words, outputs = layer.kernel[0] * layer.kernel[1] * per_pixel, layer.shape[2]
    signs = Tensor(source.name, (*source.shape[:2], 4 * per_pixel))
    moved = gathered(layer, signs, loose=False, border_only=False)
    channels = source.shape[2]
    is_unrolled = words in _XNOR_UNROLLED
    return {
        "call": 1,
        **_xnor_signs(channels, source.shape[0] * source.shape[1], by_words=channels % 4 == 0),
        "pixels": pixels,
        "gather_rows": moved.rows,
        "gather_runs": moved.runs,
        "gather_words": moved.words,
        "groups": pixels * (words // 3),
        "blocks": pixels * -(-outputs // _XNOR_BLOCK),
        **{f"outputs_{size}": pixels * outputs * (words == size) for size in _XNOR_UNROLLED},
        **_xnor_rows(words, 0 if is_unrolled else pixels, outputs),
    }


def _linear_xnor(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_linear_xnor: as the convolution, for one vector, without unrolled loops."""
    columns, outputs = columns_of(network, layer), layer.shape[2]
    words = -(-columns // 32)
    return {
        "call": 1,
        **_xnor_signs(columns, 1, by_words=True),
        "groups": words // 3,
        "blocks": -(-outputs // _XNOR_BLOCK),
        **_xnor_rows(words, 1, outputs),
    }


def _pool(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_max_pool_dsp, dse_avg_pool: window rows and values in the image, times channels.

    long_windows, long_rows: of those, the loops that branch back, which a core with branch
    prediction leaves with a wrong guess.
    """
    channels = layer.shape[2]
    source = _source(network, layer)
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
        ("conv", "xnor"): _conv_xnor,
        ("depthwise", "dense"): depthwise,
        ("linear", "dense"): linear,
        ("linear", "xnor"): _linear_xnor,
        ("max_pool", "plain"): _max_pool,
        ("avg_pool", "plain"): _pool,
        ("add", "plain"): _elements,
        ("concat", "plain"): _concat,
        ("argmax", "plain"): _elements,
        ("transpose", "plain"): _transpose,
        ("softmax", "plain"): _softmax,
        ("flatten", "plain"): _flatten,
    },
)
