"""Residual networks."""

import torch
from torch import nn
from torch.nn import functional

from dse.data.augment import Augmentation
from dse.models.blocks import conv_bn
from dse.models.recipe import Recipe
from dse.models.registry import register
from hw_models.network import Shape

__all__ = ["Residual", "resnet8"]


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut: a 1x1 convolution where the shape changes.

    Args:
        inputs: Channels.
        outputs: Channels.
        stride: Of the first convolution and of the shortcut.
        norm_short: Whether the shortcut has batch norm in place of a bias (He 2016).
    """

    def __init__(
        self, inputs: int, outputs: int, stride: int = 1, norm_short: bool = False
    ) -> None:
        super().__init__()
        self.first = conv_bn(inputs, outputs, 3, stride, 1)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        same = stride == 1 and inputs == outputs
        self.short: nn.Module = nn.Identity()
        if not same:
            self.short = nn.Conv2d(inputs, outputs, 1, stride, bias=not norm_short)
        if not same and norm_short:
            self.short = nn.Sequential(self.short, nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        return functional.relu(self.norm(self.second(self.first(x))) + self.short(x))


class _ResNet8(nn.Module):
    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.stem = conv_bn(channels, 16, 3, 1, 1)
        self.stack1 = Residual(16, 16)
        self.stack2 = Residual(16, 32, stride=2)
        self.stack3 = Residual(32, 64, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stack3(self.stack2(self.stack1(self.stem(x))))
        logits: torch.Tensor = self.fc(torch.flatten(self.pool(x), 1))
        return logits


@register(
    "resnet8", Recipe(epochs=60, lr=5e-3, batch=64, augmentation=Augmentation(flip=True, crop=4))
)
def resnet8(input_shape: Shape, classes: int) -> nn.Module:
    """ResNet-8 of MLPerf Tiny image classification: 12.5 M MACs at 32x32x3 and 10 classes."""
    return _ResNet8(input_shape[2], classes)
