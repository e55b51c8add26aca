"""ACDNet for raw audio and its pruned shapes (Mohaimenuzzaman 2021, 2103.03483)."""

from collections import OrderedDict

import torch
from torch import nn

from dse.data.augment import Augmentation
from dse.models.blocks import conv_bn
from dse.models.recipe import Recipe
from dse.models.registry import register
from dse.models.signal_front import front
from hw_models.errors import ModelError
from hw_models.network import Shape

__all__ = ["ACDNet", "acdnet", "micro_acdnet", "nano_acdnet"]

# The last convolution of the unpruned network has one channel per class.
FULL_CHANNELS = (8, 64, 32, 64, 64, 128, 128, 256, 256, 512, 512)
MICRO_CHANNELS = (7, 20, 10, 14, 22, 31, 35, 41, 51, 67, 69, 48)
NANO_CHANNELS = (7, 19, 10, 8, 18, 25, 29, 31, 31, 43, 49, 42)
_FRAME = 50
_LEAST_FRAMES = 32
_PAIRS = 4
# The paper trains for 2000 epochs.
_RECIPE = Recipe(
    epochs=2000,
    lr=0.1,
    batch=64,
    weight_decay=5e-4,
    optimiser="sgd",
    schedule="steps",
    augmentation=Augmentation(gain_db=6.0, mixing=True),
)


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
        self.frame = frame
        self.frames = nn.MaxPool2d((1, frame))
        self.stack = _stack(channels, width // frame)
        self.conv12 = conv_bn(channels[10], channels[11], 1)
        self.fc = nn.Linear(channels[11], classes)
        self.apply(_initialise)
        # Faster on processors with so few channels.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, 1, 1, samples) to (n, classes)."""
        if self.training:
            x = front(x, self.conv1, self.conv2, self.frame)
        else:
            x = self.frames(self.conv2(self.conv1(x)))
        x = self.stack(x.permute(0, 2, 1, 3))
        logits: torch.Tensor = self.fc(self.conv12(x).mean((2, 3)))
        return logits


def _initialise(module: nn.Module) -> None:
    """He's normal weights in front of a ReLU, LeCun's for the logits (the authors' program).

    Behind batch norm a larger weight moves less by the same step, so the start matters.
    """
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    elif isinstance(module, nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="linear")


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


@register("acdnet", _RECIPE)
def acdnet(input_shape: Shape, classes: int) -> nn.Module:
    """ACDNet for raw audio: 541.9 M MACs at 30,225 samples (1.5 s, 20 kHz), 50 classes."""
    return ACDNet((*FULL_CHANNELS, classes), _samples(input_shape, "acdnet"), classes)


@register("micro-acdnet", _RECIPE)
def micro_acdnet(input_shape: Shape, classes: int) -> nn.Module:
    """Micro-ACDNet for raw audio: 14.29 M MACs at 30,225 samples (1.5 s, 20 kHz), 50 classes."""
    return ACDNet(MICRO_CHANNELS, _samples(input_shape, "micro-acdnet"), classes)


@register("nano-acdnet", _RECIPE)
def nano_acdnet(input_shape: Shape, classes: int) -> nn.Module:
    """The nano shape of ACDNet for raw audio: 65,941 parameters with 50 classes."""
    return ACDNet(NANO_CHANNELS, _samples(input_shape, "nano-acdnet"), classes)


def _samples(input_shape: Shape, name: str) -> int:
    height, samples, channels = input_shape
    if height != 1 or channels != 1 or samples < 4 * _LEAST_FRAMES:
        raise ModelError(
            "ACDNet hears raw mono audio.",
            where=f"zoo:{name}",
            got=f"(height, width, channels) {input_shape}",
            allowed="(1, samples, 1) with 128 samples or more",
            cure="Use raw features.",
        )
    return samples
