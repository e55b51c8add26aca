"""Small networks for 16x16 digits: too large for 8 KiB of RAM until they are compressed."""

from collections import OrderedDict

import torch
from torch import nn

from dse.models.blocks import conv_bn, separable
from dse.models.recipe import Recipe
from dse.models.registry import register
from dse.models.resnet import Residual
from hw_models.network import Shape

__all__ = ["digits_ds", "digits_resnet"]


@register("digits-ds", Recipe(epochs=8, lr=1e-2))
def digits_ds(input_shape: Shape, classes: int) -> nn.Module:
    """Depthwise-separable network for 16x16 digits, 16 k parameters."""
    blocks = {
        "stem": conv_bn(input_shape[2], 16, 3, 1, 1),
        "block1": separable(16, 32),
        "block2": separable(32, 64, stride=2),
        "block3": separable(64, 64),
        "block4": separable(64, 96, stride=2),
        "pool": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
        "fc": nn.Linear(96, classes),
    }
    return nn.Sequential(OrderedDict(blocks))


class _DigitsResnet(nn.Module):
    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.stem = conv_bn(channels, 16, 3, 1, 1)
        self.block1 = Residual(16, 16)
        self.block2 = Residual(16, 32, stride=2)
        self.fc = nn.Linear(32, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.fc(self.block2(self.block1(self.stem(x))).mean((2, 3)))
        return logits


@register("digits-resnet", Recipe(epochs=8, lr=1e-2))
def digits_resnet(input_shape: Shape, classes: int) -> nn.Module:
    """Residual network for 16x16 digits, 20 k parameters."""
    return _DigitsResnet(input_shape[2], classes)
