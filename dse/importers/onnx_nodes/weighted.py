"""Conv, Gemm, MatMul and BatchNormalization."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from dse.importers.build import Refusal
from dse.importers.onnx_graph import OnnxNode
from dse.importers.onnx_nodes.registry import Apply, Array, Step, register, stored, to_tensor

__all__ = ["SamePad", "pads_of"]


class SamePad(nn.Module):
    """The zeros that SAME_UPPER and SAME_LOWER ask for."""

    def __init__(self, kernel: list[int], strides: list[int], *, is_upper: bool) -> None:
        super().__init__()
        self.kernel, self.strides, self.is_upper = kernel, strides, is_upper

    def forward(self, x: Tensor) -> Tensor:
        """Pad the last dimensions."""
        padding: list[int] = []
        for size, kernel, stride in zip(x.shape[2:], self.kernel, self.strides, strict=True):
            total = max(0, (-(-int(size) // stride) - 1) * stride + kernel - int(size))
            less, more = total // 2, total - total // 2
            padding = [*((less, more) if self.is_upper else (more, less)), *padding]
        return functional.pad(x, padding)


class Norm(_BatchNorm):
    """Batch norm of any number of dimensions."""

    def _check_input_dim(self, input: Tensor) -> None:
        del input


def pads_of(node: OnnxNode, rank: int) -> tuple[list[int], list[int]]:
    """Padding before and behind each dimension."""
    if node.attributes.get("auto_pad", "NOTSET") == "VALID":
        return [0] * rank, [0] * rank
    pads = list(node.attributes.get("pads", [0] * 2 * rank))
    return pads[:rank], pads[rank:]


@register("Conv")
def _conv(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    weight = stored(node, constants, 1, "weight")
    bias = stored(node, constants, 2, "bias")
    if weight is None or weight.ndim not in (3, 4):
        raise Refusal("only 1-D and 2-D convolutions")
    rank = weight.ndim - 2
    groups = int(node.attributes.get("group", 1))
    strides = list(node.attributes.get("strides", [1] * rank))
    before, behind = pads_of(node, rank)
    kind: type[nn.Conv1d | nn.Conv2d] = nn.Conv1d if rank == 1 else nn.Conv2d
    padding: Any = tuple(before) if before == behind else 0
    conv = kind(
        weight.shape[1] * groups,
        weight.shape[0],
        tuple(weight.shape[2:]),
        tuple(strides),
        padding,
        tuple(node.attributes.get("dilations", [1] * rank)),
        groups,
        bias is not None,
    )
    _fill(conv, weight, bias)
    same = str(node.attributes.get("auto_pad", "NOTSET"))
    if same.startswith("SAME"):
        pad = SamePad(list(weight.shape[2:]), strides, is_upper=same == "SAME_UPPER")
        return Step(nn.Sequential(pad, conv), node.inputs[:1])
    if before != behind:
        sides = [side for pair in zip(before[::-1], behind[::-1], strict=True) for side in pair]
        pad_by = Apply(lambda x: functional.pad(x, sides))
        return Step(nn.Sequential(pad_by, conv), node.inputs[:1])
    return Step(conv, node.inputs[:1])


@register("Gemm")
def _gemm(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    weight = stored(node, constants, 1, "weight")
    bias = stored(node, constants, 2, "bias")
    if weight is None or node.inputs[0] in constants or node.attributes.get("transA", 0):
        raise Refusal("its first input must be an activation, not transposed")
    if not node.attributes.get("transB", 0):
        weight = weight.T
    weight = weight * np.float32(node.attributes.get("alpha", 1.0))
    if bias is not None:
        bias = np.broadcast_to(bias.reshape(-1), len(weight)) * node.attributes.get("beta", 1.0)
    return Step(_linear(weight, bias), node.inputs[:1])


@register("MatMul")
def _matmul(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    weight = stored(node, constants, 1, "second factor")
    if weight is None or weight.ndim != 2 or node.inputs[0] in constants:
        raise Refusal("only an activation times a stored matrix")
    return Step(_linear(weight.T, None), node.inputs[:1])


def _linear(weight: Array, bias: Array | None) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias is not None)
    _fill(linear, weight, bias)
    return linear


@torch.no_grad()
def _fill(layer: nn.Conv1d | nn.Conv2d | nn.Linear, weight: Array, bias: Array | None) -> None:
    layer.weight.copy_(to_tensor(weight))
    if bias is not None and layer.bias is not None:
        layer.bias.copy_(to_tensor(bias))


@register("BatchNormalization")
def _batch_norm(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    kinds = ("scale", "bias", "mean", "variance")
    found = [stored(node, constants, 1 + at, kind) for at, kind in enumerate(kinds)]
    values = [to_tensor(one) for one in found if one is not None]
    if len(values) != 4 or node.attributes.get("training_mode", 0):
        raise Refusal("only with running statistics, not in training mode")
    norm = Norm(len(values[0]), eps=float(node.attributes.get("epsilon", 1e-5)))
    norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var = values
    return Step(norm, node.inputs[:1])
