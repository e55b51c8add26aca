"""Pools and reductions over windows."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from dse.importers.build import Refusal
from dse.importers.onnx_graph import OnnxNode
from dse.importers.onnx_nodes.registry import Apply, Array, Step, register, stored
from dse.importers.onnx_nodes.weighted import pads_of

__all__: list[str] = []


class _MaxPool(nn.Module):
    """A maximum whose padding may differ from side to side."""

    def __init__(self, kernel: list[int], strides: list[int], pads: list[int] | None) -> None:
        super().__init__()
        self.kernel, self.strides, self.pads = kernel, strides, pads

    def forward(self, x: Tensor) -> Tensor:
        """Padding behind alone is a size that is rounded up."""
        rank = len(self.kernel)
        sizes = [int(size) for size in x.shape[2:]]
        pads = self.pads or _same(sizes, self.kernel, self.strides)
        before, behind = pads[:rank], pads[rank:]
        pool = functional.max_pool1d if rank == 1 else functional.max_pool2d
        made = pool(x, self.kernel, self.strides, before, 1, before != behind)
        wanted = [
            (size + first + last - kernel) // stride + 1
            for size, first, last, kernel, stride in zip(
                sizes, before, behind, self.kernel, self.strides, strict=True
            )
        ]
        if [int(size) for size in made.shape[2:]] != wanted:
            raise ValueError(f"a max pool with padding {pads} is not supported")
        return made


def _same(sizes: list[int], kernel: list[int], strides: list[int]) -> list[int]:
    """SAME_UPPER."""
    totals = [
        max(0, (-(-size // stride) - 1) * stride + window - size)
        for size, window, stride in zip(sizes, kernel, strides, strict=True)
    ]
    return [total // 2 for total in totals] + [total - total // 2 for total in totals]


@register("MaxPool")
def _max_pool(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    kernel = list(node.attributes["kernel_shape"])
    strides = list(node.attributes.get("strides", [1] * len(kernel)))
    same = str(node.attributes.get("auto_pad", "NOTSET"))
    if len(kernel) > 2 or same == "SAME_LOWER":
        raise Refusal("only 1-D and 2-D windows, and not SAME_LOWER")
    if any(step > 1 for step in node.attributes.get("dilations", [])):
        raise Refusal("dilation is not supported")
    before, behind = pads_of(node, len(kernel))
    if node.attributes.get("ceil_mode", 0) or before == behind:
        if before != behind:
            raise Refusal("ceil_mode with padding that differs from side to side")
        if same != "SAME_UPPER":
            kind = nn.MaxPool1d if len(kernel) == 1 else nn.MaxPool2d
            rounds_up = bool(node.attributes.get("ceil_mode", 0))
            pool = kind(tuple(kernel), tuple(strides), tuple(before), ceil_mode=rounds_up)
            return Step(pool, node.inputs)
    return Step(
        _MaxPool(kernel, strides, None if same == "SAME_UPPER" else before + behind), node.inputs
    )


@register("AveragePool")
def _average_pool(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    kernel = list(node.attributes["kernel_shape"])
    strides = list(node.attributes.get("strides", [1] * len(kernel)))
    before, behind = pads_of(node, len(kernel))
    is_same = str(node.attributes.get("auto_pad", "NOTSET")).startswith("SAME")
    if len(kernel) > 2 or any(before + behind) or (is_same and strides != kernel):
        raise Refusal("only 1-D and 2-D windows without padding")
    kind = nn.AvgPool1d if len(kernel) == 1 else nn.AvgPool2d
    rounds_up = is_same or bool(node.attributes.get("ceil_mode", 0))
    pool = kind(tuple(kernel), tuple(strides), ceil_mode=rounds_up)
    return Step(pool, node.inputs)


@register("GlobalAveragePool", "GlobalMaxPool")
def _global_pool(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    reduce = torch.mean if node.op == "GlobalAveragePool" else torch.amax
    return Step(Apply(lambda x: reduce(x, list(range(2, x.ndim)), keepdim=True)), node.inputs)


@register("ReduceMean", "ReduceMax")
def _reduce(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    given = node.attributes.get("axes", stored(node, constants, 1, "list of axes"))
    keep = bool(node.attributes.get("keepdims", 1))
    reduce = torch.mean if node.op == "ReduceMean" else torch.amax
    axes = None if given is None else [int(axis) for axis in np.asarray(given).reshape(-1)]

    def run(x: Tensor) -> Tensor:
        return reduce(x, list(range(x.ndim)) if axes is None else axes, keepdim=keep)

    return Step(Apply(run), node.inputs[:1])
