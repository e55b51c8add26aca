"""Building blocks that the models of the zoo share."""

from collections import OrderedDict

from torch import nn

__all__ = ["conv_bn", "same_padding", "separable"]


def conv_bn(
    inputs: int,
    outputs: int,
    kernel: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    groups: int = 1,
) -> nn.Sequential:
    """Convolution without bias, batch norm, ReLU."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
    parts = {"conv": conv, "norm": nn.BatchNorm2d(outputs), "relu": nn.ReLU(inplace=True)}
    return nn.Sequential(OrderedDict(parts))


def separable(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Depthwise 3x3 and pointwise convolution, each with batch norm and ReLU."""
    depthwise = conv_bn(inputs, inputs, 3, stride, 1, groups=inputs)
    return nn.Sequential(OrderedDict(dw=depthwise, pw=conv_bn(inputs, outputs, 1)))


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after, so that ceil(size / stride) windows fit, the odd one behind.

    >>> same_padding(49, 10, 2)
    (4, 5)
    """
    total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
    return total // 2, total - total // 2
