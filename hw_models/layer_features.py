"""What a layer of a layer list costs a runtime whose kernels are not ours to count.

Only what a shape tells: multiply-accumulates by kind of kernel, outputs, layers and elements that
are moved. A profile of another runtime holds cycles for each of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from hw_models.layer_list import FREE_OPS, MOVE_OPS, POOL_OPS, ListedLayer

__all__ = ["FEATURES", "PRIOR", "ROW_FEATURES", "features", "sum_features"]

FEW_CHANNELS = 4

PRIOR: Mapping[str, float] = MappingProxyType(
    {
        "conv_macs": 1.0,
        "few_channel_macs": 2.0,
        "row_conv_macs": 4.0,
        "row_few_channel_macs": 6.0,
        "pointwise_macs": 0.9,
        "depthwise_macs": 4.0,
        "linear_macs": 1.5,
        "outputs": 20.0,
        "layers": 5000.0,
        "moved_elements": 5.0,
    }
)
"""Cost of each feature next to a multiply-accumulate of a convolution, before any run was seen.

A convolution widens its patch once for all outputs and a pointwise one needs no patch; with fewer
than four channels the patch is gathered byte by byte; a window of one column or row misses the
paths that are tuned for square ones; a depthwise layer has no dot product for SMLAD; a linear
layer uses each weight once; an output is scaled, clamped and stored; a layer is called.
"""

FEATURES = tuple(PRIOR)
ROW_FEATURES = ("row_conv_macs", "row_few_channel_macs")
"""Windows of one column or one row: runtimes differ much more in them than in anything else."""


def features(layer: ListedLayer) -> Counter[str]:
    """The amounts of a layer by feature; none for the ops that runtimes fold away."""
    height, width, channels = layer.target
    outputs = height * width * channels
    inputs = layer.source[0] * layer.source[1] * layer.source[2]
    if layer.op == "CONV_2D":
        return Counter({_kind(layer): layer.macs, "outputs": outputs, "layers": 1})
    if layer.op == "DEPTHWISE_CONV_2D":
        return Counter({"depthwise_macs": layer.macs, "outputs": outputs, "layers": 1})
    if layer.op == "FULLY_CONNECTED":
        rows = layer.macs // (layer.source[2] * channels)
        return Counter({"linear_macs": layer.macs, "outputs": rows * channels, "layers": 1})
    if layer.op == "SOFTMAX":
        return Counter({"layers": 1})
    if layer.op in POOL_OPS:
        return Counter({"moved_elements": inputs, "layers": 1})
    if layer.op in MOVE_OPS:
        return Counter({"moved_elements": outputs})
    if layer.op in FREE_OPS:
        return Counter()
    return Counter({"moved_elements": outputs, "layers": 1})


def sum_features(layers: Iterable[ListedLayer]) -> Counter[str]:
    """The amounts of many layers."""
    total: Counter[str] = Counter()
    for layer in layers:
        total.update(features(layer))
    return total


def _kind(layer: ListedLayer) -> str:
    height, width = layer.kernel or (1, 1)
    row = "row_" if (height == 1) != (width == 1) else ""
    if layer.source[2] < FEW_CHANNELS:
        return f"{row}few_channel_macs"
    return "pointwise_macs" if height == width == 1 else f"{row}conv_macs"
