"""LeNet-5 (LeCun 1998) with ReLU and max pooling, as it is written today."""

from collections import OrderedDict

from torch import nn

from dse.models.registry import Recipe, register
from hw_models.errors import ModelError
from hw_models.network import Shape

__all__ = ["lenet5"]


@register("lenet5", Recipe(epochs=15, lr=2e-3, batch=64))
def lenet5(input_shape: Shape, classes: int) -> nn.Module:
    """LeNet-5: two 5x5 convolutions and three linear layers."""
    height, width, channels = input_shape
    rows, columns = ((size // 2 - 4) // 2 for size in (height, width))
    if min(rows, columns) < 1:
        raise ModelError(
            "The input is too small for LeNet-5.",
            where="zoo:lenet5",
            got=f"(height, width, channels) {input_shape}",
            allowed="12x12 and more",
        )
    layers = {
        "conv1": nn.Conv2d(channels, 6, 5, padding=2), "relu1": nn.ReLU(), "pool1": nn.MaxPool2d(2),
        "conv2": nn.Conv2d(6, 16, 5), "relu2": nn.ReLU(), "pool2": nn.MaxPool2d(2),
        "flatten": nn.Flatten(),
        "fc1": nn.Linear(16 * rows * columns, 120), "relu3": nn.ReLU(),
        "fc2": nn.Linear(120, 84), "relu4": nn.ReLU(),
        "fc3": nn.Linear(84, classes),
    }  # fmt: skip
    return nn.Sequential(OrderedDict(layers))
