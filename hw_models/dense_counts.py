"""Loop counts of the dense kernels (conv, depthwise, linear with weights of 8, 4 or 2 bits)."""

from typing import Literal

from hw_models.network import WEIGHT_BITS, Layer, Network, Tensor
from hw_models.window_counts import Gathered, gathered, layer_spans

__all__ = [
    "EXPANDED_STEP",
    "CoreClass",
    "Counts",
    "band_words",
    "columns_of",
    "conv",
    "depthwise",
    "group_columns",
    "is_adding",
    "is_direct",
    "linear",
    "step_columns",
]

EXPANDED_STEP = 8
"""Columns of a group of packed weights that is expanded to bytes."""

CoreClass = Literal["base", "adding", "dsp"]
"""Kernels of a core: dsp has SMLAD; adding multiplies slowly, and only there it is avoided."""

Counts = dict[str, float]


def columns_of(network: Network, layer: Layer) -> int:
    """Weights in one row of a conv or linear layer."""
    _, height, width, inputs = network.weight_shape(layer)
    return height * width * inputs


def step_columns(layer: Layer) -> int:
    """Columns to which rows are rounded up: 4, 8 or 16; a step of the dense inner loops."""
    if layer.weight_format is None:
        raise TypeError(f"{layer.op} has no weights")
    if layer.weight_format in ("p4", "p3", "sparse8"):
        return EXPANDED_STEP
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


def conv(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_conv_s8|s4|s2[_dsp]."""
    if core_class == "dsp":
        return _conv_dsp(network, layer)
    return _conv_base(network, layer, adds=is_adding(layer.weight_format, core_class))


def is_adding(weight_format: str | None, core_class: CoreClass) -> bool:
    """Whether the kernel is dse_conv_p4|p3_adding or dse_linear_...: single rows, no products."""
    return core_class == "adding" and weight_format in ("p4", "p3")


def _rows(passes: int, outputs: int, steps: int, *, adds: bool) -> Counts:
    """The weight rows of `passes` pixels: in pairs, or one by one where inputs are added up."""
    if adds:
        return {"steps": passes * outputs * steps, "outputs": passes * outputs}
    blocks = passes * _half(outputs)
    return {"blocks": blocks, "steps": blocks * steps, "outputs": passes * outputs}


def _conv_base(network: Network, layer: Layer, *, adds: bool) -> Counts:
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
        **_rows(pixels, outputs, steps, adds=adds),
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


def linear(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
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
    steps = -(-columns // step_columns(layer))
    return {
        "call": 1,
        "copied_words": 0 if is_direct(network, layer) else columns // 4,
        **_rows(1, outputs, steps, adds=is_adding(layer.weight_format, core_class)),
    }


def depthwise(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_depthwise_s8|s4|s2[_dsp]."""
    return (_depthwise_dsp if core_class == "dsp" else _depthwise_base)(network, layer)


def _depthwise_base(network: Network, layer: Layer) -> Counts:
    """Gather, then two channels at once.

    gather_: as in a convolution. blocks, block_taps: pairs of channels. singles, single_taps: the
    channel that is left over.
    """
    pixels, channels = _pixels(layer), layer.shape[2]
    moved = gathered(layer, _source(network, layer), loose=False, border_only=False)
    taps = layer.kernel[0] * layer.kernel[1]
    blocks, singles = pixels * (channels // 2), pixels * (channels % 2)
    return {
        "call": 1,
        "pixels": pixels,
        "gather_rows": moved.rows,
        "gather_runs": moved.runs,
        "gather_words": moved.words,
        "gather_bytes": moved.bytes,
        "blocks": blocks,
        "block_taps": blocks * taps,
        "singles": singles,
        "single_taps": singles * taps,
    }


def band_words(network: Network, layer: Layer) -> int:
    """Pixels under a row of windows, where a depthwise kernel on dsp copies them; else 0."""
    if layer.shape[2] % 4 == 0 and not any(layer.padding):
        return 0
    width = (layer.shape[1] - 1) * layer.stride[1] + layer.kernel[1]
    return layer.kernel[0] * width


def _depthwise_dsp(network: Network, layer: Layer) -> Counts:
    """Four channels at once, or what is left of them, through the whole image.

    fours: groups of channels. widened: their taps. rows: of the output, per group. band_rows,
    band_words: of the image, copied for each of them. blocks: windows of a group; unrolled: of
    three by three; block_rows, block_taps: of the others.
    cut_words, cut_bytes: copied and stored byte by byte, in a group of fewer than four channels.
    """
    (height, width), channels = layer.kernel, layer.shape[2]
    fours, rest = -(-channels // 4), channels % 4
    rows, taps = fours * layer.shape[0], height * width
    banded = fours if any(layer.padding) else min(rest, 1)
    words = band_words(network, layer) * layer.shape[0]
    blocks = fours * _pixels(layer)
    is_unrolled = layer.kernel == (3, 3)
    return {
        "call": 1,
        "fours": fours,
        "widened": fours * taps,
        "rows": rows,
        "band_rows": banded * layer.shape[0] * height,
        "band_words": banded * words,
        "blocks": blocks,
        "unrolled": blocks if is_unrolled else 0,
        "block_rows": 0 if is_unrolled else blocks * height,
        "block_taps": 0 if is_unrolled else blocks * taps,
        "cut_words": words if rest else 0,
        "cut_bytes": rest * (words + _pixels(layer)),
    }
