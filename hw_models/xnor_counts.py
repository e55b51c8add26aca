"""Loop counts of the xnor kernels."""

from math import prod

from hw_models.core_class import CoreClass, Counts
from hw_models.dense_counts import columns_of
from hw_models.network import WORD_BITS, Layer, Network, Tensor
from hw_models.window_counts import gathered

__all__ = ["bit_image", "conv_xnor", "conv_xnor_bits", "linear_xnor"]

_BLOCK = 16
_UNROLLED = (18, 9, 4, 3, 2, 1)


def bit_image(network: Network, layer: Layer) -> Tensor:
    """The input of an xnor layer as its kernel sees it: a linear layer reads one pixel."""
    source = network.tensor(layer.inputs[0])
    if layer.op == "linear":
        return Tensor(source.name, (1, 1, source.elements), source.format)
    return source


def conv_xnor(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_conv_xnor: signs of the whole input, then one output pixel at a time.

    blocks: outputs by 16. outputs_18 ...: those of loops for that many words.
    """
    patches, pixels, words = _patches(network, layer)
    outputs = layer.shape[2]
    return {
        "call": 1,
        **patches,
        "blocks": pixels * -(-outputs // _BLOCK),
        **_unrolled(words, pixels * outputs),
        **_rows(words, 0 if words in _UNROLLED else pixels * outputs),
    }


def conv_xnor_bits(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_conv_xnor_bits: as for bytes.

    blocks: outputs by 32, a word of bits. tails: words that are not full.
    """
    patches, pixels, words = _patches(network, layer)
    outputs = layer.shape[2]
    return {
        "call": 1,
        **patches,
        "blocks": pixels * -(-outputs // WORD_BITS),
        "tails": pixels * (outputs % WORD_BITS > 0),
        **_unrolled(words, pixels * outputs),
        **_rows(words, 0 if words in _UNROLLED else pixels * outputs),
    }


def linear_xnor(network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_linear_xnor: as the convolution, for one vector of bytes, without loops of their own."""
    columns, outputs = columns_of(network, layer), layer.shape[2]
    words = -(-columns // WORD_BITS)
    return {
        "call": 1,
        **_signs(columns, 1, by_words=True),
        "groups": words // 3,
        "blocks": -(-outputs // _BLOCK),
        **_rows(words, outputs),
    }


def _patches(network: Network, layer: Layer) -> tuple[Counts, int, int]:
    """Counts up to the patches of bits, their number and the words of each.

    gather_rows, _runs, _words: of the patches that do not lie there as they are. groups: of three
    words.
    """
    source = bit_image(network, layer)
    height, width, channels = source.shape
    per_pixel = -(-channels // WORD_BITS)
    pixels, words = prod(layer.shape[:2]), prod(layer.kernel) * per_pixel
    signs = Tensor(source.name, (height, width, 4 * per_pixel))
    is_direct = words < 3 and layer.kernel == (1, 1)
    moved = gathered(layer, signs, loose=False, border_only=is_direct)
    packed = 0 if source.format == "b1" else height * width
    counts = {
        **_signs(channels, packed, by_words=channels % 4 == 0),
        "pixels": pixels,
        "gather_rows": moved.rows,
        "gather_runs": moved.runs,
        "gather_words": moved.words,
        "groups": pixels * (words // 3),
    }
    return counts, pixels, words


def _signs(channels: int, pixels: int, *, by_words: bool) -> Counts:
    """dse_signs: whole words by 32 channels, the others bit by bit."""
    whole = channels // WORD_BITS if by_words else 0
    return {
        "sign_words": pixels * whole,
        "sign_bit_words": pixels * (-(-channels // WORD_BITS) - whole),
        "sign_bits": pixels * (channels - WORD_BITS * whole),
    }


def _unrolled(words: int, outputs: int) -> Counts:
    return {f"outputs_{size}": outputs * (words == size) for size in _UNROLLED}


def _rows(words: int, outputs: int) -> Counts:
    """Loops for any number of words: by 18, 9 and 3; at the end one or two."""
    nines, rest = divmod(words % 18, 9)
    return {
        "outputs": outputs,
        "eighteens": outputs * (words // 18),
        "nines": outputs * nines,
        "threes": outputs * (rest // 3),
        "ones": outputs * (rest % 3 == 1),
        "twos": outputs * (rest % 3 == 2),
    }
