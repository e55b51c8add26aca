"""One row of a layer list as a network of our own kernels, int8 throughout.

Every layer stands alone: what it costs depends on its own shapes only.
"""

from math import prod

from hw_models.errors import ModelError
from hw_models.layer_list import FREE_OPS, ListedLayer
from hw_models.network import Layer, Network, Op, Padding, Tensor

__all__ = ["OWN_OPS", "own_network"]

_FOLDED = frozenset({*FREE_OPS, "PAD", "QUANTIZE", "DEQUANTIZE"})
_OPS: dict[str, Op] = {
    "CONV_2D": "conv",
    "DEPTHWISE_CONV_2D": "depthwise",
    "FULLY_CONNECTED": "linear",
    "AVERAGE_POOL_2D": "avg_pool",
    "MEAN": "avg_pool",
    "MAX_POOL_2D": "max_pool",
    "REDUCE_MAX": "max_pool",
    "ADD": "add",
    "CONCATENATION": "concat",
    "SOFTMAX": "softmax",
}
OWN_OPS = tuple(sorted({*_OPS, *_FOLDED}))
"""Ops that our runtime has, or folds: padding into the convolution, casts into the input."""


def own_network(listed: ListedLayer) -> Network | None:
    """The layer as a network of its own; None where our runtime folds it away.

    Raises:
        ModelError: Our runtime has no kernel for it, or its shapes do not fit together.
    """
    if listed.op in _FOLDED:
        return None
    op = _OPS.get(listed.op)
    if op is None:
        raise ModelError(
            "Our runtime has no kernel for a layer of the list.",
            where=f"{listed.where}, layer {listed.layer!r} of {listed.model_id!r}",
            got=listed.op,
            allowed=", ".join(OWN_OPS),
        )
    if op in ("conv", "depthwise"):
        return _convolution(listed, op)
    if op in ("avg_pool", "max_pool"):
        return _pool(listed, op)
    if op == "linear":
        inputs, outputs = listed.source[2], listed.target[2]
        layer = Layer("layer", "linear", ("input",), (1, 1, outputs), weight_format="s8")
        return Network(listed.model_id, Tensor("input", (1, 1, inputs)), (layer,))
    if op == "concat":
        return _concat(listed)
    shape = listed.source if op == "softmax" else listed.target
    names = ("input", "input") if op == "add" else ("input",)
    return Network(listed.model_id, Tensor("input", shape), (Layer("layer", op, names, shape),))


def _convolution(listed: ListedLayer, op: Op) -> Network:
    kernel = listed.kernel or (1, 1)
    stride = (listed.stride or 1, listed.stride or 1)
    vertical = _padding(listed, 0, kernel[0], stride[0])
    horizontal = _padding(listed, 1, kernel[1], stride[1])
    padding: Padding = (*vertical, *horizontal)
    # Channels that are spread to several each are, to our kernels, groups of a convolution.
    is_spread = op == "depthwise" and listed.source[2] != listed.target[2]
    groups = listed.source[2] if is_spread else 1
    if op == "conv" and listed.macs:
        groups = prod((*listed.target, *kernel, listed.source[2])) // listed.macs
    layer = Layer(
        "layer",
        "conv" if is_spread else op,
        ("input",),
        listed.target,
        weight_format="s8",
        kernel=kernel,
        stride=stride,
        padding=padding,
        groups=groups,
    )
    return Network(listed.model_id, Tensor("input", listed.source), (layer,))


def _concat(listed: ListedLayer) -> Network:
    """A list does not tell the inputs: two of equal size, an odd channel rounded up."""
    height, width, channels = listed.target
    half = (channels + 1) // 2
    layer = Layer("layer", "concat", ("input", "input"), (height, width, 2 * half))
    return Network(listed.model_id, Tensor("input", (height, width, half)), (layer,))


def _padding(listed: ListedLayer, axis: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after an axis, as TFLite counts them."""
    if listed.pad != "SAME":
        return 0, 0
    total = max((listed.target[axis] - 1) * stride + kernel - listed.source[axis], 0)
    if total >= kernel:
        raise ModelError(
            "The output is larger than the stride and SAME padding allow.",
            where=f"{listed.where}, layer {listed.layer!r} of {listed.model_id!r}",
            got=f"{listed.source[axis]} to {listed.target[axis]} at stride {stride}",
        )
    return total // 2, total - total // 2


def _pool(listed: ListedLayer, op: Op) -> Network:
    """A pool; where the list leaves the window out, the smallest that gives the output."""
    height, width, channels = listed.source
    rows, columns = listed.target[:2]
    strides = (listed.stride or height // rows, listed.stride or width // columns)
    guess = (height - (rows - 1) * strides[0], width - (columns - 1) * strides[1])
    layer = Layer(
        "layer",
        op,
        ("input",),
        (rows, columns, channels),
        kernel=listed.kernel or guess,
        stride=(1, 1) if (rows, columns) == (1, 1) else strides,
    )
    return Network(listed.model_id, Tensor("input", listed.source), (layer,))
