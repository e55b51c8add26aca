"""Loop counts of the kernels: each function mirrors the loop nest of one C file.

A count is the number of times a stretch of straight code runs in one call, so the cycles of a
layer are linear in its counts. `call` is always 1.
"""

from collections.abc import Callable
from typing import Literal, cast

from hw_models.network import WEIGHT_BITS, Layer, Network, Tensor
from hw_models.window_counts import Gathered, gathered, layer_spans, valid_steps

__all__ = ["COUNTERS", "CoreClass", "Counts", "Variant", "columns_of", "group_columns", "is_direct", "step_columns"]

CoreClass = Literal["base", "dsp"]
Counts = dict[str, float]
Variant = Literal["dense", "xnor", "plain"]
Counter = Callable[[Network, Layer, CoreClass], Counts]

_XNOR_ROUND_GROUPS = 10


def columns_of(network: Network, layer: Layer) -> int:
    """Weights in one row of a conv or linear layer."""
    _, height, width, inputs = network.weight_shape(layer)
    return height * width * inputs


def step_columns(layer: Layer) -> int:
    """Columns that one step of the dense inner loops takes: 4, 8 or 16."""
    if layer.weight_format is None:
        raise TypeError(f"{layer.op} has no weights")
    return 32 // WEIGHT_BITS[layer.weight_format]


def group_columns(layer: Layer) -> int:
    """Columns that rows are rounded up to on dsp: a group of four, or two of them for 2 bits."""
    return max(4, step_columns(layer) // 2)


def is_direct(network: Network, layer: Layer) -> bool:
    """Whether a dense conv or linear layer multiplies its input where it lies, on base."""
    if columns_of(network, layer) % step_columns(layer):
        return False
    return layer.op == "linear" or (layer.kernel == (1, 1) and not any(layer.padding))


def _source(network: Network, layer: Layer) -> Tensor:
    return network.tensor(layer.inputs[0])


def _pixels(layer: Layer) -> int:
    return layer.shape[0] * layer.shape[1]


def _half(value: int) -> int:
    return (value + 1) // 2


def _conv(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_conv_s8|s4|s2[_dsp]."""
    return (_conv_dsp if core_class == "dsp" else _conv_base)(network, layer)


def _conv_base(network: Network, layer: Layer) -> Counts:
    """Gather, then pairs of channels, `step_columns` columns a step.

    pixels: output pixels. patches: those that are gathered. gather_rows, _runs, _words, _bytes:
    kernel rows copied, and how; a run is a stretch of inputs or of padding. blocks: pairs of
    channels. steps: inner loop. outputs: requantisations.
    """
    pixels, outputs = _pixels(layer), layer.shape[2]
    moved, patches = Gathered(), 0
    if not is_direct(network, layer):
        patches = pixels
        moved = gathered(layer, _source(network, layer), loose=False, border_only=False)
    steps = -(-columns_of(network, layer) // step_columns(layer))
    return {
        "call": 1,
        "pixels": pixels,
        "patches": patches,
        "gather_rows": moved.rows,
        "gather_runs": moved.runs,
        "gather_words": moved.words,
        "gather_bytes": moved.bytes,
        "blocks": pixels * _half(outputs),
        "steps": pixels * _half(outputs) * steps,
        "outputs": pixels * outputs,
    }


def _conv_dsp(network: Network, layer: Layer) -> Counts:
    """Windows as 16-bit numbers, then four pixels times pairs of channels.

    pixels: output pixels. inside_rows: kernel rows of windows in the image. gather_rows, _runs: of
    those over its border. gather_words, _bytes: moved as bytes, where the channels are no
    multiple of four. wide_quads, wide_words: widened, sixteen and four columns at a time. blocks:
    pairs of channels of four pixels; quads, groups: their inner loops of sixteen and of four (2
    bits: eight) columns. single_: the same for four channels of a pixel that is left over.
    """
    source, pixels, outputs = _source(network, layer), _pixels(layer), layer.shape[2]
    columns = columns_of(network, layer)
    is_wide = source.shape[2] % 4 == 0
    border = gathered(layer, source, loose=True, border_only=True)
    vertical, horizontal = layer_spans(layer, source)
    inside = sum(vertical.interior) * sum(horizontal.interior)
    words = gathered(layer, source, loose=True, border_only=False)
    quads, groups = _quads(layer, columns)
    blocks = pixels // 4 * _half(outputs)
    singles = pixels % 4 * -(-outputs // 4)
    wide_quads = words.quads if is_wide else pixels * (columns // 16)
    return {
        "call": 1,
        "pixels": pixels,
        "inside_rows": inside * layer.kernel[0],
        "gather_rows": border.rows,
        "gather_runs": border.runs,
        "gather_words": 0 if is_wide else words.words,
        "gather_bytes": 0 if is_wide else words.bytes,
        "wide_quads": wide_quads,
        "wide_words": words.words - 4 * wide_quads if is_wide else pixels * -(-(columns % 16) // 4),
        "blocks": blocks,
        "quads": blocks * quads,
        "groups": blocks * groups,
        "single_blocks": singles,
        "single_quads": singles * quads,
        "single_groups": singles * groups,
    }


def _quads(layer: Layer, columns: int) -> tuple[int, int]:
    """Steps of sixteen columns, and steps of four or, with 2 bits, eight behind them."""
    step = group_columns(layer)
    return divmod(-(-columns // step), 16 // step)


def _linear(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_linear_s8|s4|s2[_dsp].

    On base pairs of outputs, `step_columns` columns a step; copied_words: of the input, because
    its columns do not fill whole steps. On dsp four outputs; the rest as in a convolution.
    """
    columns, outputs = columns_of(network, layer), layer.shape[2]
    if core_class == "dsp":
        quads, groups = _quads(layer, columns)
        blocks = -(-outputs // 4)
        return {
            "call": 1,
            "wide_quads": columns // 16,
            "wide_words": -(-(columns % 16) // 4),
            "blocks": blocks,
            "quads": blocks * quads,
            "groups": blocks * groups,
        }
    blocks = _half(outputs)
    return {
        "call": 1,
        "copied_words": 0 if is_direct(network, layer) else columns // 4,
        "blocks": blocks,
        "steps": blocks * -(-columns // step_columns(layer)),
        "outputs": outputs,
    }


def _depthwise(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_depthwise_s8|s4|s2[_dsp]: on dsp only windows over the border are gathered.

    blocks, block_taps: four channels at once on dsp, else two. singles, single_taps: the channels
    that are left over. block_rows, single_rows: kernel rows, on dsp.
    """
    pixels, channels = _pixels(layer), layer.shape[2]
    is_dsp = core_class == "dsp"
    moved = gathered(layer, _source(network, layer), loose=is_dsp, border_only=is_dsp)
    height, width = layer.kernel
    width_of_block = 4 if is_dsp else 2
    blocks, singles = pixels * (channels // width_of_block), pixels * (channels % width_of_block)
    counts: Counts = {
        "call": 1,
        "pixels": pixels,
        "gather_rows": moved.rows,
        "gather_runs": moved.runs,
        "gather_words": moved.words,
        "gather_bytes": moved.bytes,
        "blocks": blocks,
        "block_taps": blocks * height * width,
        "singles": singles,
        "single_taps": singles * height * width,
    }
    if is_dsp:
        counts |= {"block_rows": blocks * height, "single_rows": singles * height}
    return counts


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
        ("conv", "dense"): _conv,
        ("conv", "xnor"): _conv_xnor,
        ("depthwise", "dense"): _depthwise,
        ("linear", "dense"): _linear,
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
