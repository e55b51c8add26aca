"""Float execution of a Network: the import's yardstick, and a source of activation statistics."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from dse.functions import torch_function
from dse.parameters import LayerParameters, Parameters
from hw_models.network import Layer, Network

__all__ = ["float_tensors", "run_float"]


def float_tensors(
    network: Network, parameters: Parameters, x: NDArray[np.floating]
) -> dict[str, NDArray[np.float32]]:
    """Every tensor of the network for a batch, weight formats ignored.

    Args:
        network: What to run.
        parameters: Of its weighted layers.
        x: (n, height, width, channels).

    Returns:
        Tensor name to (n, height, width, channels).
    """
    values = {network.input.name: torch.from_numpy(np.asarray(x, dtype=np.float32))}
    with torch.no_grad():
        for layer in network.layers:
            sources = [values[name].permute(0, 3, 1, 2) for name in layer.inputs]
            result = _apply(layer, sources, parameters.get(layer.name))
            values[layer.name] = _clamp(layer, result).permute(0, 2, 3, 1)
    return {name: value.contiguous().numpy() for name, value in values.items()}


def run_float(
    network: Network, parameters: Parameters, x: NDArray[np.floating]
) -> NDArray[np.float32]:
    """The network's output for a batch: (n, height, width, channels) in and out."""
    return float_tensors(network, parameters, x)[network.output.name]


def _clamp(layer: Layer, value: torch.Tensor) -> torch.Tensor:
    if layer.activation == "none":
        return value
    return value.clamp(0.0, 6.0) if layer.activation == "relu6" else value.clamp(min=0.0)


def _apply(layer: Layer, sources: list[torch.Tensor], own: LayerParameters | None) -> torch.Tensor:
    value = sources[0]
    if own is not None:
        return _weighted(layer, value, own)
    if layer.op in ("max_pool", "avg_pool"):
        return _pool(layer, value)
    if layer.op == "add":
        return value + sources[1]
    if layer.op == "concat":
        return torch.cat(sources, dim=1)
    if layer.function is not None:
        return torch_function(layer.function, layer.slope, value)
    if layer.op == "flatten":
        return value.permute(0, 2, 3, 1).reshape(len(value), -1, 1, 1)
    if layer.op == "transpose":
        order = [1 + axis for axis in layer.permutation]
        return value.permute(0, 2, 3, 1).permute(0, *order).permute(0, 3, 1, 2)
    if layer.op == "softmax":
        return functional.softmax(value, dim=1)
    return value.argmax(dim=1, keepdim=True).float()


def _weighted(layer: Layer, value: torch.Tensor, own: LayerParameters) -> torch.Tensor:
    weight = torch.from_numpy(own.weight)
    bias = torch.from_numpy(own.bias)
    if layer.op == "linear":
        flat = value.permute(0, 2, 3, 1).reshape(len(value), -1)
        return functional.linear(flat, weight.reshape(len(weight), -1), bias)[:, :, None, None]
    groups = layer.shape[2] if layer.op == "depthwise" else layer.groups
    padded = _pad(layer, value, 0.0)
    return functional.conv2d(padded, weight.permute(0, 3, 1, 2), bias, layer.stride, groups=groups)


def _pool(layer: Layer, value: torch.Tensor) -> torch.Tensor:
    if layer.op == "avg_pool":
        return functional.avg_pool2d(value, layer.kernel, layer.stride)
    padded = _pad(layer, value, -torch.inf)
    return functional.max_pool2d(padded, layer.kernel, layer.stride)


def _pad(layer: Layer, value: torch.Tensor, fill: float) -> torch.Tensor:
    top, bottom, left, right = layer.padding
    return functional.pad(value, (left, right, top, bottom), value=fill)
