"""Loop counts of the dense kernels (conv and linear with weights of 8, 4 or 2 bits)."""

from hw_models.core_class import CoreClass, Counts
from hw_models.network import WEIGHT_BITS, Layer, Network, Tensor
from hw_models.window_counts import Gathered, gathered, layer_spans

__all__ = [
    "EXPANDED_STEP",
    "columns_of",
    "conv",
    "group_columns",
    "is_adding",
    "is_direct",
    "linear",
    "step_columns",
]

EXPANDED_STEP = 8
"""Columns of a group of packed weights that is expanded to bytes."""

_SHORTEST_RUN = 4


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

    pixels: output pixels one by one. nines: windows in the image, three rows of nine bytes, that
    are widened without loops. inside_rows: kernel rows of the others there. blocks: pairs of
    channels of four pixels; quads, groups: their inner loops of sixteen and of four (2 bits: eight)
    columns. single_: the same for four channels of a pixel that is left over; closed_words: of its
    window, which lay four apart. See also `_blocks`.
    """
    source, pixels, outputs = _source(network, layer), _pixels(layer), layer.shape[2]
    vertical, horizontal = layer_spans(layer, source)
    inside = sum(vertical.interior) * sum(horizontal.interior)
    nines = inside if layer.kernel[0] == 3 and layer.kernel[1] * source.shape[2] == 9 else 0
    columns = columns_of(network, layer)
    quads, groups = _quads(layer, columns)
    blocks = pixels // 4 * _half(outputs)
    singles = pixels % 4 * -(-outputs // 4)
    is_flat = _is_flat(layer, source)
    return {
        "call": 1,
        "pixels": pixels % 4 if is_flat else pixels,
        "inside_rows": 0 if is_flat else (inside - nines) * layer.kernel[0],
        "nines": nines,
        **_moved(network, layer, inside, nines, is_flat=is_flat),
        **_blocks(layer, quads),
        "blocks": blocks,
        "quads": blocks * quads,
        "groups": blocks * groups,
        "closed_words": 0 if is_flat else pixels % 4 * 2 * _groups(layer, columns),
        "single_blocks": singles,
        "single_quads": singles * quads,
        "single_groups": singles * groups,
    }


def _blocks(layer: Layer, quads: int) -> Counts:
    """What the blocks of dse_block_dsp.h have besides their inner loops.

    scanned: channels, for large shifts. lone_rows: of four pixels the last channel of an odd
    number. turns: of the loop that takes sixteen columns twice, of bytes.
    """
    outputs, fours = layer.shape[2], _pixels(layer) // 4
    found: Counts = {"scanned": outputs, "lone_rows": fours * (outputs % 2)}
    if layer.weight_format in ("s8", "sparse8"):
        found["turns"] = fours * _half(outputs) * _half(quads)
    return found


def _is_flat(layer: Layer, source: Tensor) -> bool:
    """Whether four pixels are widened at a time: one pixel makes one, without gaps."""
    is_plain = layer.kernel == layer.stride == (1, 1) and layer.shape[:2] == source.shape[:2]
    return is_plain and source.shape[2] % 4 == 0


def _moved(network: Network, layer: Layer, inside: int, nines: int, *, is_flat: bool) -> Counts:
    """How inputs become 16-bit numbers.

    flat_fours, flat_words: four pixels at a time, and words of each. gather_rows, _runs: of windows
    over the border, or of all whose rows are too short. gather_words, _bytes: of those moved as
    bytes, where the channels are no multiple of four. run_words: of the others but nines,
    those across two kernel rows twice. wide_quads, wide_words: sixteen and four columns at a time.
    """
    source, pixels, columns = _source(network, layer), _pixels(layer), columns_of(network, layer)
    run = layer.kernel[1] * source.shape[2]
    is_wide = source.shape[2] % 4 == 0
    is_short = not is_wide and run < _SHORTEST_RUN
    border = gathered(layer, source, loose=True, border_only=not is_short)
    words = gathered(layer, source, loose=True, border_only=False)
    as_bytes = pixels if is_short else pixels - inside
    runs = 0 if is_wide or is_short else inside - nines
    cuts = sum((row + 1) * run % 4 != 0 for row in range(layer.kernel[0] - 1))
    wide_quads = words.quads if is_wide else as_bytes * (columns // 16)
    wide_words = words.words - 4 * words.quads if is_wide else as_bytes * -(-(columns % 16) // 4)
    if is_flat:
        wide_quads, wide_words = pixels % 4 * (run // 16), pixels % 4 * (run % 16 // 4)
    return {
        "flat_fours": pixels // 4 if is_flat else 0,
        "flat_words": pixels // 4 * run // 4 if is_flat else 0,
        "gather_rows": border.rows,
        "gather_runs": border.runs,
        "gather_words": 0 if is_wide else border.words,
        "gather_bytes": 0 if is_wide else border.bytes,
        "run_words": runs * (-(-columns // 4) + cuts),
        "wide_quads": wide_quads,
        "wide_words": wide_words,
    }


def _groups(layer: Layer, columns: int) -> int:
    """Groups of four columns in a row."""
    step = group_columns(layer)
    return -(-columns // step) * (step // 4)


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
