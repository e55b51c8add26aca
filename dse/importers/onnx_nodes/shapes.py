"""Operations on dimensions, and the arithmetic with shapes that exporters write around them."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from dse.importers.build import Refusal
from dse.importers.onnx_graph import OnnxNode
from dse.importers.onnx_nodes.registry import Apply, Array, Step, register, stored

__all__: list[str] = []

FLOAT_TYPES = (1, 10, 11, 16)
"""FLOAT, FLOAT16, DOUBLE and BFLOAT16 in the enumeration of tensor types."""


@register("Flatten")
def _flatten(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    if node.attributes.get("axis", 1) != 1:
        raise Refusal(f"axis {node.attributes['axis']}; only 1")
    return Step(torch.nn.Flatten(), node.inputs)


@register("Reshape")
def _reshape(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    def run(x: Tensor | Array, sizes: Array) -> Tensor | Array:
        wanted = [int(size) for size in sizes]
        wanted = [int(x.shape[at]) if size == 0 else size for at, size in enumerate(wanted)]
        if isinstance(x, np.ndarray):
            return x.reshape(wanted)
        if wanted[0] == 1:
            # A batch of one that the exporter wrote down; training has larger ones.
            wanted[0] = x.shape[0]
        return x.reshape(wanted)

    return Step(Apply(run), node.inputs)


@register("Transpose")
def _transpose(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    def run(x: Tensor) -> Tensor:
        return x.permute(node.attributes.get("perm", list(range(x.ndim))[::-1]))

    return Step(Apply(run), node.inputs)


@register("Squeeze", "Unsqueeze")
def _squeeze(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    given = node.attributes.get("axes", stored(node, constants, 1, "list of axes"))
    if given is None:
        raise Refusal("it names no axes")
    axes = tuple(int(axis) for axis in np.asarray(given).reshape(-1))

    def run(x: Tensor | Array) -> Tensor | Array:
        if isinstance(x, np.ndarray):
            return np.squeeze(x, axes) if node.op == "Squeeze" else np.expand_dims(x, axes)
        if node.op == "Squeeze":
            return x.squeeze(axes)
        rank = x.ndim + len(axes)
        for axis in sorted(axis % rank for axis in axes):
            x = x.unsqueeze(axis)
        return x

    return Step(Apply(run), node.inputs[:1])


@register("Concat")
def _concat(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    axis = int(node.attributes["axis"])

    def run(*parts: Tensor | Array) -> Tensor | Array:
        arrays = [part for part in parts if isinstance(part, np.ndarray)]
        if len(arrays) == len(parts):
            return np.concatenate(arrays, axis)
        return torch.cat([part for part in parts if isinstance(part, Tensor)], axis)

    return Step(Apply(run), node.inputs)


@register("Pad")
def _pad(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    given = node.attributes.get("pads", stored(node, constants, 1, "padding"))
    fill = node.attributes.get("value", stored(node, constants, 2, "fill"))
    if node.attributes.get("mode", "constant") != "constant" or (fill is not None and fill != 0):
        raise Refusal("padding with anything but zeros")
    if len(node.inputs) > 3 and node.inputs[3]:
        raise Refusal("padding of named axes")
    sides = [int(size) for size in np.asarray(given).reshape(-1)]
    rank = len(sides) // 2
    order = [sides[at + half * rank] for at in reversed(range(rank)) for half in (0, 1)]
    return Step(Apply(lambda x: functional.pad(x, order)), node.inputs[:1])


@register("Cast")
def _cast(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    def run(x: Tensor | Array) -> Tensor | Array:
        if isinstance(x, Tensor) and node.attributes["to"] not in FLOAT_TYPES:
            raise ValueError("a cast of an activation to integers is not supported")
        return x

    return Step(Apply(run), node.inputs)


@register("Shape")
def _shape(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    ends = slice(node.attributes.get("start"), node.attributes.get("end"))
    return Step(Apply(lambda x: np.array([int(size) for size in x.shape][ends])), node.inputs)


@register("Gather")
def _gather(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    axis = int(node.attributes.get("axis", 0))

    def run(x: Tensor | Array, indices: Array) -> Tensor | Array:
        if isinstance(x, np.ndarray):
            return np.asarray(np.take(x, indices, axis))
        if indices.ndim:
            raise ValueError("a gather of several entries of an activation is not supported")
        return x.select(axis, int(indices))

    return Step(Apply(run), node.inputs)


@register("Slice")
def _slice(node: OnnxNode, constants: Mapping[str, Array]) -> Step:
    def run(x: Tensor | Array, starts: Array, ends: Array, *more: Array) -> Tensor | Array:
        axes = more[0] if more else np.arange(len(starts))
        steps = more[1] if len(more) > 1 else np.ones(len(starts), dtype=np.int64)
        index = [slice(None)] * x.ndim
        for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
            size = int(x.shape[axis])
            index[axis] = slice(int(start), None if end >= size else int(end), int(step))
        return x[tuple(index)]

    if len(node.inputs) < 3:
        raise Refusal("the form of ONNX before operator set 10")
    return Step(Apply(run), node.inputs)
