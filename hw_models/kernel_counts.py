"""Loop counts of the kernels: each function mirrors the loop nest of one C file.

A count is the number of times a stretch of straight code runs in one call, so the cycles of a
layer are linear in its counts. `call` is always 1.
"""

from collections.abc import Callable
from typing import Literal, cast

from hw_models.dense_counts import CoreClass, Counts, columns_of, conv, depthwise, linear
from hw_models.network import Layer, Network, Tensor
from hw_models.window_counts import gathered, layer_spans, valid_steps

__all__ = ["COUNTERS", "CoreClass", "Counts", "Variant"]

Variant = Literal["dense", "expanded", "xnor", "plain"]
Counter = Callable[[Network, Layer, CoreClass], Counts]

_XNOR_ROUND_GROUPS = 10


def _source(network: Network, layer: Layer) -> Tensor:
    return network.tensor(layer.inputs[0])


def _pixels(layer: Layer) -> int:
    return layer.shape[0] * layer.shape[1]


def _xnor_words(words: int) -> tuple[int, int, int]:
    """Rounds, groups of three words and single words of dse_differing."""
    groups, singles = divmod(words, 3)
    return max(1, -(-groups // _XNOR_ROUND_GROUPS)), groups, singles


def _conv_xnor(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_conv_xnor: signs of the whole input, then one output at a time, three words a step.

    sign_words, sign_bits: of the input. gather_rows, _runs, _words: of the patches of signs.
    rounds, groups, singles: loops of the population count. grouped: outputs with any groups.
    """
    source = _source(network, layer)
    pixels, words = _pixels(layer), -(-source.shape[2] // 32)
    in_pixels = source.shape[0] * source.shape[1]
    taps = layer.kernel[0] * layer.kernel[1]
    outputs = pixels * layer.shape[2]
    rounds, groups, singles = _xnor_words(taps * words)
    signs = Tensor(source.name, (*source.shape[:2], 4 * words))
    moved = gathered(layer, signs, loose=False, border_only=False)
    return {
        "call": 1,
        "sign_words": in_pixels * words,
        "sign_bits": source.elements,
        "pixels": pixels,
        "gather_rows": moved.rows,
        "gather_runs": moved.runs,
        "gather_words": moved.words,
        "outputs": outputs,
        "rounds": outputs * rounds,
        "grouped": outputs if groups else 0,
        "groups": outputs * groups,
        "singles": outputs * singles,
    }


def _linear_xnor(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_linear_xnor: as the convolution, for one vector."""
    columns, outputs = columns_of(network, layer), layer.shape[2]
    rounds, groups, singles = _xnor_words(-(-columns // 32))
    return {
        "call": 1,
        "sign_words": -(-columns // 32),
        "sign_bits": columns,
        "outputs": outputs,
        "rounds": outputs * rounds,
        "grouped": outputs if groups else 0,
        "groups": outputs * groups,
        "singles": outputs * singles,
    }


def _pool(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_max_pool, dse_avg_pool: window rows and values in the image, times channels.

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


def _elements(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_add, dse_argmax: elements read."""
    return {"call": 1, "elements": _source(network, layer).elements}


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
    dict[tuple[str, Variant], Counter],
    {
        ("conv", "dense"): conv,
        ("conv", "xnor"): _conv_xnor,
        ("depthwise", "dense"): depthwise,
        ("linear", "dense"): linear,
        ("linear", "xnor"): _linear_xnor,
        ("max_pool", "plain"): _pool,
        ("avg_pool", "plain"): _pool,
        ("add", "plain"): _elements,
        ("argmax", "plain"): _elements,
        ("transpose", "plain"): _transpose,
        ("softmax", "plain"): _softmax,
        ("flatten", "plain"): _flatten,
    },
)
