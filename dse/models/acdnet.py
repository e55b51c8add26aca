"""ACDNet for raw audio and its pruned shape Micro-ACDNet (Mohaimenuzzaman 2021, 2103.03483)."""

from collections import OrderedDict

import torch
from torch import nn

from dse.models.blocks import conv_bn
from dse.models.registry import Recipe, register
from hw_models.errors import ModelError
from hw_models.network import Shape

__all__ = ["ACDNet", "micro_acdnet"]

MICRO_CHANNELS = (7, 20, 10, 14, 22, 31, 35, 41, 51, 67, 69, 48)
_FRAME = 50
_LEAST_FRAMES = 32
_PAIRS = 4


class ACDNet(nn.Module):
    """Two convolutions over time, channels turned into an image's rows, a VGG-like stack.

    Args:
        channels: Of the twelve convolutions.
        samples: Of the signal.
        classes: Number of classes.
    """

    def __init__(self, channels: tuple[int, ...], samples: int, classes: int) -> None:
        super().__init__()
        width = ((samples - 9) // 2 + 1 - 5) // 2 + 1
        frame = min(_FRAME, max(1, width // _LEAST_FRAMES))
        self.conv1 = conv_bn(1, channels[0], (1, 9), (1, 2))
        self.conv2 = conv_bn(channels[0], channels[1], (1, 5), (1, 2))
        self.frames = nn.MaxPool2d((1, frame))
        self.stack = _stack(channels, width // frame)
        self.conv12 = conv_bn(channels[10], channels[11], 1)
        self.fc = nn.Linear(channels[11], classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, 1, 1, samples) to (n, classes)."""
        x = self.frames(self.conv2(self.conv1(x))).permute(0, 2, 1, 3)
        logits: torch.Tensor = self.fc(self.conv12(self.stack(x)).mean((2, 3)))
        return logits


def _stack(channels: tuple[int, ...], width: int) -> nn.Sequential:
    """conv3, then four pairs of convolutions; a 2x2 pool behind each while the size allows it."""
    height = channels[1]
    layers: dict[str, nn.Module] = {"conv3": conv_bn(1, channels[2], 3, 1, 1)}
    for pair in range(_PAIRS + 1):
        if pair:
            inputs, first, second = channels[2 * pair : 2 * pair + 3]
            layers[f"conv{2 * pair + 2}"] = conv_bn(inputs, first, 3, 1, 1)
            layers[f"conv{2 * pair + 3}"] = conv_bn(first, second, 3, 1, 1)
        kernel = (min(2, height), min(2, width))
        if kernel != (1, 1):
            layers[f"pool{pair + 1}"] = nn.MaxPool2d(kernel)
        height, width = height // kernel[0], width // kernel[1]
    return nn.Sequential(OrderedDict(layers | {"drop": nn.Dropout(0.2)}))


@register("micro-acdnet", Recipe(epochs=60, lr=5e-3, batch=64))
def micro_acdnet(input_shape: Shape, classes: int) -> nn.Module:
    """Micro-ACDNet for raw audio: 14.29 M MACs at 30,225 samples (1.5 s, 20 kHz), 50 classes."""
    height, samples, channels = input_shape
    if height != 1 or channels != 1 or samples < 4 * _LEAST_FRAMES:
        raise ModelError(
            "Micro-ACDNet hears raw mono audio.",
            where="zoo:micro-acdnet",
            got=f"(height, width, channels) {input_shape}",
            allowed="(1, samples, 1) with 128 samples or more",
            cure="Use raw features.",
        )
    return ACDNet(MICRO_CHANNELS, samples, classes)
