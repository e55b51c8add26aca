"""The Network: a typed, acyclic graph of layers with shapes and number formats, and no weights.

Tensors are (height, width, channels), channels innermost, batch 1, as they lie in the device's RAM.
A 1-D signal has height 1; a vector has shape (1, 1, features). Every layer makes one tensor,
which carries the layer's name. Layers stand in the order in which they run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

from hw_models.errors import ModelError
from hw_models.front_end import FrontEnd
from hw_models.layer import (
    ACTIVATION_BITS,
    WEIGHT_BITS,
    WORD_BITS,
    Activation,
    ActivationFormat,
    Function,
    Layer,
    Op,
    Padding,
    Shape,
    Tensor,
    WeightFormat,
    check_layer,
    expected_shape,
    padding_fits,
)

__all__ = [
    "ACTIVATION_BITS",
    "WEIGHT_BITS",
    "WORD_BITS",
    "Activation",
    "ActivationFormat",
    "Function",
    "Layer",
    "Network",
    "Op",
    "Padding",
    "Shape",
    "Tensor",
    "WeightFormat",
    "expected_shape",
]


@dataclass(frozen=True)
class Network:
    """A directed acyclic graph with one input and one output (the last layer).

    Args:
        name: Of the network.
        input: What it reads.
        layers: In running order.
        front_end: What makes the input out of audio on the device; None where the input comes
            as it is.

    Raises:
        ModelError: A layer reads an unknown tensor, a name stands twice, a shape does not follow
            from the layer's inputs, a tensor is never read, or the input is not what the front
            end makes.
    """

    name: str
    input: Tensor
    layers: tuple[Layer, ...]
    front_end: FrontEnd | None = None
    _tensors: dict[str, Tensor] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tensors", {self.input.name: self.input})
        for layer in self.layers:
            if layer.name in self._tensors:
                raise ModelError("Two tensors have one name.", where=f"layer {layer.name!r}")
            missing = [name for name in layer.inputs if name not in self._tensors]
            if missing:
                raise ModelError(
                    "A layer reads a tensor that no earlier layer makes.",
                    where=f"layer {layer.name!r}",
                    got=missing,
                    allowed=sorted(self._tensors),
                )
            check_layer(layer, tuple(self._tensors[name] for name in layer.inputs))
            self._tensors[layer.name] = layer.output
        where = f"network {self.name!r}"
        if not self.layers:
            raise ModelError("A network needs at least one layer.", where=where)
        unread = {layer.name for layer in self.layers[:-1]} - set(self._consumers)
        if unread:
            raise ModelError("A tensor is made and never read.", where=where, got=unread)
        for problem in self._problems():
            raise ModelError(problem, where=where)

    def __getstate__(self) -> dict[str, object]:
        """Pickle the fields only; the rest is rebuilt."""
        names = ("name", "input", "layers", "front_end")
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Rebuild from the fields."""
        for key, value in state.items():
            object.__setattr__(self, key, value)
        self.__post_init__()

    def _problems(self) -> Iterator[str]:
        own = self.front_end
        if own is not None and (self.input.shape[1:], self.input.format) != (
            (own.coefficients, 1),
            "s8",
        ):
            yield f"The front end makes rows of {own.coefficients} bytes: {self.input}."
        for layer in self.layers:
            if not layer.fused:
                continue
            maker = self._by_name.get(layer.inputs[0])
            if layer.op != "max_pool" or layer.stride != layer.kernel or any(layer.padding):
                yield f"Only a max_pool can be fused, without padding or overlap: {layer.name!r}."
            elif maker is None or maker.op not in ("conv", "depthwise"):
                yield f"A fused pool reads a convolution: {layer.name!r}."
            elif len(self.consumers(maker.name)) > 1:
                yield f"Others read the convolution before the fused pool {layer.name!r}."
            elif "b1" in (maker.format, *(each.format for each in self.inputs(maker))):
                yield f"A convolution of bits has no fused pool: {layer.name!r}."
            elif not padding_fits(maker):
                yield f"The padding of {maker.name!r} is not smaller than its kernel."

    @cached_property
    def _consumers(self) -> dict[str, tuple[Layer, ...]]:
        table: dict[str, tuple[Layer, ...]] = {}
        for layer in self.layers:
            for name in dict.fromkeys(layer.inputs):
                table[name] = (*table.get(name, ()), layer)
        return table

    @cached_property
    def _by_name(self) -> dict[str, Layer]:
        return {layer.name: layer for layer in self.layers}

    @property
    def output(self) -> Tensor:
        """The tensor that the last layer makes."""
        return self.layers[-1].output

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The input, then every layer's output, in running order."""
        return tuple(self._tensors.values())

    def tensor(self, name: str) -> Tensor:
        """The tensor of that name."""
        return self._tensors[name]

    def layer(self, name: str) -> Layer:
        """The layer of that name."""
        return self._by_name[name]

    def inputs(self, layer: Layer) -> tuple[Tensor, ...]:
        """The tensors that a layer reads."""
        return tuple(self._tensors[name] for name in layer.inputs)

    def consumers(self, name: str) -> tuple[Layer, ...]:
        """The layers that read a tensor."""
        return self._consumers.get(name, ())

    def fused_pool(self, layer: Layer) -> Layer | None:
        """The pool that a layer's strips go through, so that its output is never stored."""
        if layer.op not in ("conv", "depthwise"):
            return None
        readers = self.consumers(layer.name)
        return readers[0] if readers and readers[0].fused else None

    @property
    def weighted_layers(self) -> tuple[Layer, ...]:
        """The layers with weights, in running order."""
        return tuple(layer for layer in self.layers if layer.is_weighted)

    def weight_shape(self, layer: Layer) -> tuple[int, int, int, int]:
        """(outputs, kernel height, kernel width, inputs): those of one group; 1 in a depthwise."""
        source = self._tensors[layer.inputs[0]]
        inputs = {
            "conv": source.shape[2] // layer.groups,
            "depthwise": 1,
            "linear": source.elements,
        }[layer.op]
        return (layer.shape[2], *layer.kernel, inputs)

    def macs(self, layer: Layer) -> int:
        """Multiply-accumulates of a layer: dense, depthwise and linear only."""
        if not layer.is_weighted:
            return 0
        return prod(self.weight_shape(layer)) * layer.shape[0] * layer.shape[1]

    @property
    def total_macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(self.macs(layer) for layer in self.layers)

    @property
    def parameter_count(self) -> int:
        """Weights and biases, with batch norm folded."""
        return sum(prod(self.weight_shape(each)) + each.shape[2] for each in self.weighted_layers)
