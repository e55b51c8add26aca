"""MobileNetV1 (Howard 2017) at width 0.25."""

from collections import OrderedDict

from torch import nn

from dse.models.blocks import conv_bn, separable
from dse.models.registry import Recipe, register
from hw_models.network import Shape

__all__ = ["mobilenet_v1_025"]

_BLOCKS = (
    (16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (128, 1), (128, 1), (128, 1),
    (128, 1), (256, 2), (256, 1),
)  # fmt: skip


@register("mobilenet-v1-025", Recipe(epochs=50, lr=5e-3, batch=64))
def mobilenet_v1_025(input_shape: Shape, classes: int) -> nn.Module:
    """MobileNetV1 0.25 of MLPerf Tiny visual wake words: 7.49 M MACs at 96x96x3, 2 classes."""
    blocks: dict[str, nn.Module] = {"stem": conv_bn(input_shape[2], 8, 3, 2, 1)}
    inputs = 8
    for index, (outputs, stride) in enumerate(_BLOCKS, start=1):
        blocks[f"block{index}"] = separable(inputs, outputs, stride)
        inputs = outputs
    blocks |= {"pool": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten()}
    return nn.Sequential(OrderedDict(blocks | {"fc": nn.Linear(inputs, classes)}))
