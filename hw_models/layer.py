"""Tensors, layers, and the rules that make a layer right."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import get_args

from hw_models.errors import ModelError
from hw_models.layer_kinds import (
    ACTIVATION_BITS,
    WEIGHT_BITS,
    WORD_BITS,
    Activation,
    ActivationFormat,
    Function,
    Op,
    Padding,
    Shape,
    WeightFormat,
)

__all__ = [
    "ACTIVATION_BITS",
    "WEIGHT_BITS",
    "WORD_BITS",
    "Activation",
    "ActivationFormat",
    "Function",
    "Layer",
    "Op",
    "Padding",
    "Shape",
    "Tensor",
    "WeightFormat",
    "check_layer",
    "expected_shape",
    "padding_fits",
]

_WEIGHTED: tuple[Op, ...] = ("conv", "depthwise", "linear")
_WINDOWED: tuple[Op, ...] = ("conv", "depthwise", "max_pool", "avg_pool")
_NARROW: tuple[Op, ...] = (*_WEIGHTED, "max_pool", "avg_pool", "add", "concat", "flatten")
_KEEPS_FORMAT: tuple[Op, ...] = ("max_pool", "concat", "flatten", "transpose")
_S4_GROUP = 4


@dataclass(frozen=True)
class Tensor:
    """An activation: name, (height, width, channels) and number format."""

    name: str
    shape: Shape
    format: ActivationFormat = "s8"

    def __post_init__(self) -> None:
        if len(self.shape) != 3 or any(size < 1 for size in self.shape):
            raise ModelError(
                "A tensor has three sizes of at least 1: (height, width, channels).",
                where=f"tensor {self.name!r}",
                got=self.shape,
            )

    @property
    def elements(self) -> int:
        """Number of values."""
        return prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes in RAM."""
        return self.shape[0] * self.shape[1] * self.pixel_bytes

    @property
    def pixel_bytes(self) -> int:
        """Bytes of one pixel: whole bytes of s4, whole words of b1."""
        channels = self.shape[2]
        if self.format == "b1":
            return -(-channels // WORD_BITS) * WORD_BITS // 8
        return -(-channels * ACTIVATION_BITS[self.format] // 8)


@dataclass(frozen=True)
class Layer:
    """One operation. Fields that an op does not use keep their defaults.

    Args:
        name: Unique; also the name of the tensor that the layer makes.
        op: What it does. A pointwise convolution is a `conv` with a (1, 1) kernel; global pooling
            is a pool whose kernel is the whole input.
        inputs: Names of the tensors it reads (two for `add`, two or more for `concat`, else one).
        shape: (height, width, channels) of its output.
        weight_format: Set for conv, depthwise and linear, None elsewhere.
        kernel: (height, width) of the window.
        stride: (vertical, horizontal).
        padding: (top, bottom, left, right).
        activation: Clamp fused into the layer's output.
        permutation: For `transpose`: output axis i is input axis permutation[i], over
            (height, width, channels).
        function: For `lookup`: what it does to every element, by a table; None elsewhere.
        slope: Of the negative side of a `leaky_relu`.
        row_nonzeros: For `sparse8` weights: how many each output stores; None elsewhere.
        format: Format of the output; `argmax` makes s16, xnor layers may make b1, the bits that
            another one reads, everything else s8 or s4.
        fused: For `max_pool`: the convolution before it runs in strips that are pooled at once,
            so its own output is never stored.
        groups: For `conv`: input and output channels are this many equal groups, and each output
            reads the inputs of its own group.
    """

    name: str
    op: Op
    inputs: tuple[str, ...]
    shape: Shape
    weight_format: WeightFormat | None = None
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    activation: Activation = "none"
    permutation: tuple[int, int, int] = (0, 1, 2)
    function: Function | None = None
    slope: float = 0.0
    row_nonzeros: int | None = None
    format: ActivationFormat = "s8"
    fused: bool = False
    groups: int = 1

    @property
    def output(self) -> Tensor:
        """The tensor that the layer makes."""
        return Tensor(self.name, self.shape, self.format)

    @property
    def is_weighted(self) -> bool:
        """Whether the layer has weights."""
        return self.op in _WEIGHTED


def _windows(layer: Layer, source: Tensor) -> Shape:
    """The output shape of a windowed layer (floor division, as torch counts it)."""
    height, width, channels = source.shape
    top, bottom, left, right = layer.padding
    rows = (height + top + bottom - layer.kernel[0]) // layer.stride[0] + 1
    columns = (width + left + right - layer.kernel[1]) // layer.stride[1] + 1
    return (rows, columns, layer.shape[2] if layer.op == "conv" else channels)


def expected_shape(layer: Layer, sources: tuple[Tensor, ...]) -> Shape:
    """The output shape that follows from a layer's inputs."""
    source = sources[0]
    if layer.op in _WINDOWED:
        return _windows(layer, source)
    if layer.op == "linear":
        return (1, 1, layer.shape[2])
    if layer.op == "concat":
        return (*source.shape[:2], sum(each.shape[2] for each in sources))
    if layer.op == "flatten":
        return (1, 1, source.elements)
    if layer.op == "transpose":
        first, second, third = (source.shape[axis] for axis in layer.permutation)
        return (first, second, third)
    if layer.op == "argmax":
        return (1, 1, 1)
    return source.shape


def check_layer(layer: Layer, sources: tuple[Tensor, ...]) -> None:
    """Check a layer against the tensors that it reads.

    Raises:
        ModelError: Naming the layer and the first rule that it breaks.
    """
    for problem in _problems(layer, sources):
        raise ModelError(problem, where=f"layer {layer.name!r} ({layer.op})", got=layer)


def _problems(layer: Layer, sources: tuple[Tensor, ...]) -> Iterator[str]:
    if layer.op not in get_args(Op):
        yield f"Unknown op; there are {', '.join(get_args(Op))}."
        return
    needed = {"add": 2, "concat": max(2, len(sources))}.get(layer.op, 1)
    if len(sources) != needed:
        yield "An add reads two tensors, a concat two or more, every other layer one."
    if layer.op == "add" and sources[0].shape != sources[1].shape:
        yield f"An add needs equal shapes, got {sources[0].shape} and {sources[1].shape}."
    if layer.op == "concat":
        yield from _concat_problems(layer, sources)
    if layer.is_weighted != (layer.weight_format is not None):
        yield "Layers with weights have a weight format, and only they."
    if layer.is_weighted and layer.weight_format not in get_args(WeightFormat):
        yield f"Unknown weight format; there are {', '.join(get_args(WeightFormat))}."
    if layer.activation not in get_args(Activation):
        yield f"Unknown activation; there are {', '.join(get_args(Activation))}."
    yield from _function_problems(layer)
    yield from _format_problems(layer, sources)
    if layer.op == "depthwise" and layer.weight_format == "xnor":
        yield "A depthwise layer cannot be xnor: one channel has too few bits to count."
    if layer.op == "depthwise" and layer.weight_format in ("p4", "p3", "sparse8"):
        yield "A depthwise layer has too few weights to expand p4, p3 or sparse8."
    if layer.groups != 1:
        yield from _group_problems(layer, sources[0])
    if (layer.weight_format == "sparse8") != (layer.row_nonzeros is not None):
        yield "Sparse weights have a number of non-zeros, and only they."
    if layer.row_nonzeros is not None and not 0 < layer.row_nonzeros <= _columns(layer, sources[0]):
        yield f"An output stores 1 to {_columns(layer, sources[0])} weights."
    if layer.op == "depthwise" and layer.shape[2] != sources[0].shape[2]:
        yield "A depthwise layer keeps the number of channels."
    if layer.op == "avg_pool" and any(layer.padding):
        yield "Average pooling with padding is not supported."
    if min((*layer.kernel, *layer.stride)) < 1 or min(layer.padding) < 0:
        yield "Kernel and stride are at least 1, padding at least 0."
        return
    if layer.op == "max_pool" and not padding_fits(layer):
        yield "The padding of a pool is smaller than its kernel."
    if sorted(layer.permutation) != [0, 1, 2]:
        yield "A permutation names the axes 0, 1 and 2 once each."
    expected = expected_shape(layer, sources)
    if layer.shape != expected or min(expected) < 1:
        yield f"The shape does not follow from the inputs: got {layer.shape}, expected {expected}."


def _function_problems(layer: Layer) -> Iterator[str]:
    if (layer.op == "lookup") != (layer.function is not None):
        yield "A lookup has a function, and only it."
    elif layer.function is not None and layer.function not in get_args(Function):
        yield f"Unknown function; there are {', '.join(get_args(Function))}."
    if layer.slope != 0.0 and layer.function != "leaky_relu":
        yield "Only a leaky_relu has a slope."


def _format_problems(layer: Layer, sources: tuple[Tensor, ...]) -> Iterator[str]:
    formats = [source.format for source in sources]
    if "s16" in formats:
        yield "A layer reads s8, s4 or b1 tensors; argmax can only come last."
    if (layer.format == "s16") != (layer.op == "argmax"):
        yield "Argmax makes s16, every other layer s8, s4 or b1."
    if layer.op in _KEEPS_FORMAT and layer.format != formats[0]:
        yield f"A {layer.op} keeps the format of its input."
    if "b1" in (*formats, layer.format):
        yield from _bit_problems(layer, sources[0])
    if "s4" not in (*formats, layer.format):
        return
    if layer.op not in _NARROW:
        yield f"A {layer.op} reads and makes s8 tensors."
    if layer.op == "flatten" and sources[0].shape[2] % 2 and sources[0].shape[:2] != (1, 1):
        yield "A flatten of s4 needs an even number of channels: pixels fill whole bytes."
    if layer.op in _WINDOWED and not padding_fits(layer):
        yield "The padding of a layer with s4 tensors is smaller than its kernel."


def _group_problems(layer: Layer, source: Tensor) -> Iterator[str]:
    if layer.op != "conv" or layer.groups < 1:
        yield "A convolution has one group or more, other layers have one."
    elif source.shape[2] % layer.groups or layer.shape[2] % layer.groups:
        yield f"{layer.groups} equal groups do not fit {source.shape[2]} and {layer.shape[2]}."
    elif layer.weight_format == "xnor":
        yield "A grouped convolution cannot be xnor: a group has too few bits to count."


def _concat_problems(layer: Layer, sources: tuple[Tensor, ...]) -> Iterator[str]:
    if len({source.shape[:2] for source in sources}) > 1:
        yield f"A concat needs equal heights and widths, got {[one.shape for one in sources]}."
    if len({source.format for source in sources}) > 1:
        yield "A concat copies: its inputs have one format."
    if layer.activation != "none":
        yield "A concat copies: the layers before it clamp."
    if layer.format == "s4" and any(source.shape[2] % _S4_GROUP for source in sources[:-1]):
        yield "A concat of s4 needs channels in fours in front: packed pixels are copied whole."


def _bit_problems(layer: Layer, source: Tensor) -> Iterator[str]:
    if layer.weight_format != "xnor" and layer.op not in ("max_pool", "flatten"):
        yield "Only xnor layers, max pools and flattens read or make b1."
    if "s4" in (source.format, layer.format):
        yield "A layer has to do with s4 or with b1, not with both."
    joins = layer.op in ("flatten", "linear") and source.format == "b1"
    if joins and source.shape[2] % WORD_BITS and source.shape[:2] != (1, 1):
        yield "A vector of b1 comes from one pixel or from pixels without gaps behind channels."


def _columns(layer: Layer, source: Tensor) -> int:
    """Weights of one output of a conv or linear layer."""
    if layer.op == "linear":
        return source.elements
    return prod(layer.kernel) * source.shape[2] // layer.groups


def padding_fits(layer: Layer) -> bool:
    """Whether every window reaches into the image."""
    top, bottom, left, right = layer.padding
    return max(top, bottom) < layer.kernel[0] and max(left, right) < layer.kernel[1]
