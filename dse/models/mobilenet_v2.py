"""MobileNetV2 (Sandler 2018, 1801.04381) at width 0.35: inverted residuals with ReLU6."""

from collections import OrderedDict

import torch
from torch import nn

from dse.data.augment import Augmentation
from dse.models.recipe import Recipe
from dse.models.registry import register
from hw_models.network import Shape

__all__ = ["InvertedResidual", "mobilenet_v2_035"]

_WIDTH = 0.35
_STEM, _LAST = 32, 1280
# Expansion, channels, repetitions, stride of the first (table 2).
_STAGES = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    (6, 320, 1, 1),
)  # fmt: skip
_DIVISOR = 8


class InvertedResidual(nn.Module):
    """Pointwise expansion, depthwise 3x3, linear projection; a shortcut where shapes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        parts: dict[str, nn.Module] = {}
        if expansion > 1:
            parts["expand"] = _conv6(inputs, hidden, 1)
        parts["dw"] = _conv6(hidden, hidden, 3, stride, hidden)
        parts["project"] = nn.Conv2d(hidden, outputs, 1, bias=False)
        parts["norm"] = nn.BatchNorm2d(outputs)
        self.body = nn.Sequential(OrderedDict(parts))
        self.has_shortcut = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        y: torch.Tensor = self.body(x)
        return x + y if self.has_shortcut else y


@register(
    "mobilenet-v2-035",
    Recipe(epochs=60, lr=5e-3, batch=64, augmentation=Augmentation(flip=True, crop=6)),
)
def mobilenet_v2_035(input_shape: Shape, classes: int) -> nn.Module:
    """MobileNetV2 0.35: 11.9 M MACs at 96x96x3, 1000 classes; the last convolution keeps 1280."""
    inputs = _rounded(_STEM)
    blocks: dict[str, nn.Module] = {"stem": _conv6(input_shape[2], inputs, 3, 2)}
    count = 0
    for expansion, channels, repetitions, first in _STAGES:
        for index in range(repetitions):
            count += 1
            stride = first if index == 0 else 1
            outputs = _rounded(channels)
            blocks[f"block{count}"] = InvertedResidual(inputs, outputs, stride, expansion)
            inputs = outputs
    blocks |= {"last": _conv6(inputs, _LAST, 1), "pool": nn.AdaptiveAvgPool2d(1)}
    blocks |= {"flatten": nn.Flatten(), "drop": nn.Dropout(0.2), "fc": nn.Linear(_LAST, classes)}
    return nn.Sequential(OrderedDict(blocks))


def _conv6(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Module:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    parts = {"conv": conv, "norm": nn.BatchNorm2d(outputs), "relu6": nn.ReLU6(inplace=True)}
    return nn.Sequential(OrderedDict(parts))


def _rounded(channels: int) -> int:
    """The published widths: the nearest multiple of 8, raised if that loses over a tenth."""
    wanted = channels * _WIDTH
    near = max(_DIVISOR, int(wanted + _DIVISOR / 2) // _DIVISOR * _DIVISOR)
    return near + _DIVISOR if near < 0.9 * wanted else near
