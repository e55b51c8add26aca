"""A small CNN for 28x28 grey images, 11 k parameters: the network of docs/ladder.md."""

from torch import nn


def _block(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def net(input_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """A strided stem, a separable and a plain convolution, an average and a linear layer."""
    return nn.Sequential(
        _block(input_shape[2], 16, 5, stride=3),
        _block(16, 16, 3, groups=16),
        _block(16, 32, 1),
        _block(32, 32, 3, stride=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, classes),
    )
