"""Walks a Network in torch. Tensors are (n, channels, height, width) inside."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from dse.functions import torch_function
from hw_models.arithmetic import quantisation_owners
from hw_models.errors import ModelError
from hw_models.network import Layer, Network

__all__ = ["dot", "from_hwc", "range_owners", "run_unweighted", "to_rows", "walk"]

Weighted = Callable[[Layer, Tensor], Tensor]
Unweighted = Callable[[Layer, list[Tensor]], Tensor]
Finish = Callable[[str, Layer | None, Tensor], Tensor]

READOUT = ("softmax", "argmax")
_TORCH_AXIS = (2, 3, 1)


def range_owners(network: Network) -> dict[str, str]:
    """For every tensor, the tensor whose quantisation it has: `arithmetic.quantisation_owners`.

    Raises:
        ModelError: A layer other than argmax reads a softmax or an argmax.
    """
    for layer in network.layers:
        readers = network.consumers(layer.name)
        if layer.op in READOUT and any(reader.op not in READOUT for reader in readers):
            raise ModelError(
                "Softmax and argmax must come last.",
                where=f"layer {layer.name!r}",
                cure="Drop it or move it to the end of the network.",
            )
    return quantisation_owners(network)


def walk(
    network: Network,
    x: Tensor,
    weighted: Weighted,
    finish: Finish,
    unweighted: Unweighted | None = None,
) -> Tensor:
    """Run a network up to its logits.

    Args:
        network: What to run.
        x: (n, channels, height, width).
        weighted: Computes a conv, depthwise or linear layer before its activation.
        finish: Gets every tensor's name, its layer (None for the input) and value; returns the
            value with the activation applied.
        unweighted: Computes the other layers before their activations; else `run_unweighted`.

    Returns:
        (n, classes), before a closing softmax or argmax.
    """
    last_use = {name: index for index, one in enumerate(network.layers) for name in one.inputs}
    others = unweighted or run_unweighted
    value = finish(network.input.name, None, x)
    values = {network.input.name: value}
    for index, layer in enumerate(network.layers):
        if layer.op in READOUT:
            break
        sources = [values[name] for name in layer.inputs]
        value = weighted(layer, sources[0]) if layer.is_weighted else others(layer, sources)
        value = values[layer.name] = finish(layer.name, layer, value)
        for name in layer.inputs:
            if last_use[name] == index:
                values.pop(name, None)
    return to_rows(value)


def from_hwc(x: Tensor) -> Tensor:
    """(n, height, width, channels) to the inner (n, channels, height, width)."""
    return x.permute(0, 3, 1, 2)


def to_rows(x: Tensor) -> Tensor:
    """(n, features), in the order (height, width, channels)."""
    return x.permute(0, 2, 3, 1).flatten(1)


def dot(
    layer: Layer, x: Tensor, weight: Tensor, bias: Tensor | None, padding_value: float = 0.0
) -> Tensor:
    """A conv, depthwise or linear layer before its activation; weight (outputs, inputs, h, w)."""
    if layer.op == "linear":
        return functional.linear(to_rows(x), weight.flatten(1), bias)[:, :, None, None]
    if x.dtype == torch.float32 and x.device.type == "cpu":
        # oneDNN trains depthwise and pointwise convolutions up to twice as fast in this order.
        x = x.contiguous(memory_format=torch.channels_last)
    top, bottom, left, right = layer.padding
    within = (top, left)
    if (top, left) != (bottom, right) or (padding_value != 0.0 and any(layer.padding)):
        x = functional.pad(x, (left, right, top, bottom), value=padding_value)
        within = (0, 0)
    groups = layer.shape[2] if layer.op == "depthwise" else layer.groups
    return functional.conv2d(x, weight, bias, layer.stride, within, 1, groups)


def run_unweighted(layer: Layer, sources: list[Tensor]) -> Tensor:
    """An add, concat, pool, flatten, transpose or lookup before its activation."""
    source = sources[0]
    if layer.op == "concat":
        return torch.cat(sources, dim=1)
    if layer.op == "add":
        return source + sources[1]
    if layer.function is not None:
        return torch_function(layer.function, layer.slope, source)
    if layer.op == "flatten":
        return to_rows(source)[:, :, None, None]
    if layer.op == "transpose":
        height, width, channels = (_TORCH_AXIS[axis] for axis in layer.permutation)
        return source.permute(0, channels, height, width)
    if layer.op == "avg_pool":
        return functional.avg_pool2d(source, layer.kernel, layer.stride)
    if any(layer.padding):
        top, bottom, left, right = layer.padding
        source = functional.pad(source, (left, right, top, bottom), value=float("-inf"))
    return torch.max_pool2d(source, layer.kernel, layer.stride)
