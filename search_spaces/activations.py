"""Activation groups: the tensors that can only change their number format together.

Max pools, concats, flattens and transposes hand on the bytes they read; an addition joins its
inputs and its output, so that it can still run in place.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hw_models.layer import padding_fits
from hw_models.network import Layer, Network, Tensor

__all__ = ["ActivationGroup", "activation_groups"]

_JOINS = ("max_pool", "concat", "flatten", "transpose", "add")
_NARROW = ("conv", "depthwise", "linear", "max_pool", "avg_pool", "add", "concat", "flatten")
_WINDOWED = ("conv", "depthwise", "max_pool", "avg_pool")


@dataclass(frozen=True)
class ActivationGroup:
    """Tensors of one number format.

    Args:
        name: Of the first of them.
        tensors: In running order.
        layers: Those that make them.
        fixed: Why they stay bytes, or None.
    """

    name: str
    tensors: tuple[str, ...]
    layers: tuple[str, ...]
    fixed: str | None


def activation_groups(network: Network) -> tuple[ActivationGroup, ...]:
    """Every group, in the order of their first tensors."""
    parents = {tensor.name: tensor.name for tensor in network.tensors}

    def root(name: str) -> str:
        while parents[name] != name:
            name = parents[name]
        return name

    for layer in network.layers:
        if layer.op in _JOINS:
            for name in layer.inputs:
                parents[root(layer.name)] = root(name)
    members: dict[str, list[str]] = {}
    for tensor in network.tensors:
        members.setdefault(root(tensor.name), []).append(tensor.name)
    return tuple(_group(network, tuple(names)) for names in members.values())


def _group(network: Network, tensors: tuple[str, ...]) -> ActivationGroup:
    layers = tuple(layer.name for layer in network.layers if layer.name in tensors)
    reasons = (why for name in tensors for why in _reasons(network, network.tensor(name)))
    return ActivationGroup(tensors[0], tensors, layers, next(reasons, None))


def _reasons(network: Network, tensor: Tensor) -> Iterator[str]:
    """Why a tensor cannot have 4 bits."""
    if tensor == network.input:
        yield "the network's input is written as bytes"
    if tensor == network.output:
        yield "the network's output is read as bytes"
    if tensor.shape[2] == 1:
        yield "one channel takes a byte with 4 bits, too"
    makers = [layer for layer in network.layers if layer.name == tensor.name]
    for layer in (*makers, *network.consumers(tensor.name)):
        yield from _layer_reasons(layer, tensor)


def _layer_reasons(layer: Layer, tensor: Tensor) -> Iterator[str]:
    if layer.op not in _NARROW:
        yield f"the {layer.op} {layer.name!r} reads and makes bytes"
    if layer.op in _WINDOWED and not padding_fits(layer):
        yield f"the padding of {layer.name!r} is not smaller than its kernel"
    if layer.op == "concat" and tensor.name in layer.inputs[:-1] and tensor.shape[2] % 4:
        yield f"the concat {layer.name!r} copies whole bytes: {tensor.shape[2]} channels cut one"
    is_source = layer.op == "flatten" and tensor.name in layer.inputs
    if is_source and tensor.shape[2] % 2 and tensor.shape[:2] != (1, 1):
        yield f"the flatten {layer.name!r} of an odd number of channels would cut bytes"
