"""Loop counts and scratch of the depthwise kernels (weights of 8, 4 or 2 bits)."""

from hw_models.core_class import CoreClass, Counts
from hw_models.network import Layer, Network
from hw_models.window_counts import gathered

__all__ = ["depthwise", "depthwise_words"]

_PAIR_WORDS = 12
_TAP_WORDS = 14
_WHOLE_ROWS = 8
_WHOLE_PAIR_WORDS = 32
_WHOLE_TAP_WORDS = 8


def depthwise(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_depthwise_s8|s4|s2[_dsp].

    clamped: on dsp, outputs of windows of three by three with an activation, which may need it.
    """
    if core_class != "dsp":
        return _base(network, layer)
    is_three, is_whole = _is_three(layer), _is_whole(layer)
    is_clamped = is_three and layer.activation != "none"
    return {
        "call": 1,
        **_general(layer, runs=not is_three),
        **_three(network, layer, runs=is_three and not is_whole),
        **_whole(network, layer, runs=is_whole),
        "clamped": layer.output.elements if is_clamped else 0,
    }


def depthwise_words(layer: Layer) -> int:
    """Words of scratch on dsp."""
    if _is_whole(layer):
        return _WHOLE_PAIR_WORDS * _row_pairs(layer) + 4 * _WHOLE_TAP_WORDS
    if _is_three(layer):
        return _PAIR_WORDS * _row_pairs(layer) + 4 * _TAP_WORDS
    return 2 * layer.kernel[0] * layer.kernel[1] + _band_words(layer)


def _is_three(layer: Layer) -> bool:
    """Whether dse_depthwise3_dsp.h runs the layer, unless its scales are out of the common."""
    return layer.kernel == (3, 3) and layer.stride[1] <= 2 and layer.shape[2] >= 4


def _is_whole(layer: Layer) -> bool:
    """Whether dse_whole_dsp.h does, since the image is small."""
    rows = (layer.shape[0] - 1) * layer.stride[0] + 3
    return _is_three(layer) and 3 <= layer.shape[1] <= 6 and rows <= _WHOLE_ROWS


def _row_pairs(layer: Layer) -> int:
    """Pairs of columns under a row of windows."""
    return (layer.shape[1] - 1) * layer.stride[1] // 2 + 2


def _base(network: Network, layer: Layer) -> Counts:
    """Gather, then two channels at once.

    gather_: as in a convolution. blocks, block_taps: pairs of channels. singles, single_taps: the
    channel that is left over.
    """
    pixels, channels = layer.shape[0] * layer.shape[1], layer.shape[2]
    source = network.tensor(layer.inputs[0])
    moved = gathered(layer, source, loose=False, border_only=False)
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


def _band_words(layer: Layer) -> int:
    """Pixels under a row of windows, where the general kernel on dsp copies them; else 0."""
    if layer.shape[2] % 4 == 0 and not any(layer.padding):
        return 0
    width = (layer.shape[1] - 1) * layer.stride[1] + layer.kernel[1]
    return layer.kernel[0] * width


def _general(layer: Layer, *, runs: bool) -> Counts:
    """Four channels at once, or what is left of them, through the whole image.

    fours: groups of channels. widened: their taps. rows: of the output, per group. band_rows,
    band_words: of the image, copied for each of them. blocks: windows of a group; block_rows,
    block_taps: of these. cut_words, cut_bytes: copied and stored byte by byte, in a group of fewer
    than four channels.
    """
    (height, width), channels = layer.kernel, layer.shape[2] * runs
    pixels = layer.shape[0] * layer.shape[1]
    fours, rest = -(-channels // 4), channels % 4
    banded = fours if any(layer.padding) else min(rest, 1)
    words = _band_words(layer) * layer.shape[0]
    blocks = fours * pixels
    return {
        "fours": fours,
        "widened": fours * height * width,
        "rows": fours * layer.shape[0],
        "band_rows": banded * layer.shape[0] * height,
        "band_words": banded * words,
        "blocks": blocks,
        "block_rows": blocks * height,
        "block_taps": blocks * height * width,
        "cut_words": words if rest else 0,
        "cut_bytes": rest * (words + pixels),
    }


def _three(network: Network, layer: Layer, *, runs: bool) -> Counts:
    """Three by three: rows of the image to planes, then channel by channel along them.

    three_groups: of up to four channels. three_rows: of the output, per group. plane_rows: of the
    image, transposed for each of them; plane_fours: four of their pixels; plane_pairs: two, or the
    one at either end; plane_pads: two of padding. lanes: rows of the output of one channel;
    lane_fours_1, _2: four outputs with this stride; lane_twos: one or two; lane_seconds: of those
    the second.
    """
    (height, width, channels), (stride_y, stride_x) = layer.shape, layer.stride
    groups = -(-channels // 4) * runs
    lanes = channels * height * runs
    pads, pairs, fours = _row_parts(network, layer)
    starts = [row * stride_y - layer.padding[0] for row in range(height)]
    loaded = sorted({start + each for start in starts for each in range(3)})
    inside = sum(0 <= y < network.tensor(layer.inputs[0]).shape[0] for y in loaded)
    spills = channels * (height - 1) * runs if width % 4 == 3 else 0
    all_fours, rests = lanes * (width // 4) + spills, (lanes - spills) * (width % 4)
    twos = (lanes - spills) * ((width % 4 + 1) // 2)
    return {
        "three_groups": groups,
        "three_rows": groups * height,
        "plane_rows": groups * len(loaded),
        "plane_fours": groups * inside * fours,
        "plane_pairs": groups * inside * pairs,
        "plane_pads": groups * (inside * pads + (len(loaded) - inside) * _row_pairs(layer)),
        "lanes": lanes,
        "lane_fours_1": all_fours if stride_x == 1 else 0,
        "lane_fours_2": all_fours if stride_x == 2 else 0,
        "lane_twos": twos,
        "lane_seconds": rests - twos,
    }


def _whole(network: Network, layer: Layer, *, runs: bool) -> Counts:
    """Three by three on a small image: all of its rows to planes, then channel by channel.

    whole_words: of the planes, filled with padding. whole_groups: of up to four channels.
    whole_rows: of the image, transposed for each of them; whole_pairs: two of their pixels, or the
    one at either end. whole_lanes: channels. whole_fours_1, _2: the first outputs of their rows
    with this stride; whole_twos: the fifth and sixth; whole_puts: fourth and sixth ones alone.
    """
    (height, width, channels), stride = layer.shape, layer.stride[1]
    groups = -(-channels // 4) * runs
    rows = channels * height * runs
    source = network.tensor(layer.inputs[0]).shape[0]
    image_rows = groups * min(source, _WHOLE_ROWS - layer.padding[0])
    _, pairs, fours = _row_parts(network, layer)
    return {
        "whole_words": _WHOLE_PAIR_WORDS * _row_pairs(layer) * runs,
        "whole_groups": groups,
        "whole_rows": image_rows,
        "whole_pairs": image_rows * (pairs + 2 * fours),
        "whole_lanes": channels * runs,
        "whole_fours_1": rows if stride == 1 else 0,
        "whole_fours_2": rows if stride == 2 else 0,
        "whole_twos": rows if width > 4 else 0,
        "whole_puts": rows * ((width > 3) + (width == 6)),
    }


def _row_parts(network: Network, layer: Layer) -> tuple[int, int, int]:
    """Pairs of padding, single pairs and pairs of pairs of a row of the image."""
    left, pairs = layer.padding[2], _row_pairs(layer)
    inside = min(max(2 * pairs - left, 0), network.tensor(layer.inputs[0]).shape[1])
    if inside == 0:
        return pairs, 0, 0
    halved = left % 2
    pixels = inside - halved
    single = halved + (pixels % 4 + 1) // 2
    return pairs - single - 2 * (pixels // 4), single, pixels // 4
