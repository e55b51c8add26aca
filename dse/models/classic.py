"""LeNet-5 (LeCun 1998) with ReLU and max pooling, and the larger one of PyTorch's MNIST example."""

from collections import OrderedDict

from torch import nn

from dse.models.recipe import Recipe
from dse.models.registry import register
from hw_models.errors import ModelError
from hw_models.network import Shape

__all__ = ["lenet5", "lenet_mnist"]


@register("lenet5", Recipe(epochs=15, lr=2e-3, batch=64))
def lenet5(input_shape: Shape, classes: int) -> nn.Module:
    """LeNet-5: two 5x5 convolutions and three linear layers."""
    height, width, channels = input_shape
    rows, columns = ((size // 2 - 4) // 2 for size in (height, width))
    _require((rows, columns), "LeNet-5", input_shape, 12)
    layers = {
        "conv1": nn.Conv2d(channels, 6, 5, padding=2), "relu1": nn.ReLU(), "pool1": nn.MaxPool2d(2),
        "conv2": nn.Conv2d(6, 16, 5), "relu2": nn.ReLU(), "pool2": nn.MaxPool2d(2),
        "flatten": nn.Flatten(),
        "fc1": nn.Linear(16 * rows * columns, 120), "relu3": nn.ReLU(),
        "fc2": nn.Linear(120, 84), "relu4": nn.ReLU(),
        "fc3": nn.Linear(84, classes),
    }  # fmt: skip
    return nn.Sequential(OrderedDict(layers))


@register("lenet-mnist", Recipe(epochs=12, lr=2e-3, batch=64))
def lenet_mnist(input_shape: Shape, classes: int) -> nn.Module:
    """The MNIST LeNet of 1.2 M parameters: two 3x3 convolutions and two linear layers."""
    height, width, channels = input_shape
    rows, columns = ((size - 4) // 2 for size in (height, width))
    _require((rows, columns), "the MNIST LeNet", input_shape, 6)
    layers = {
        "conv1": nn.Conv2d(channels, 32, 3), "relu1": nn.ReLU(),
        "conv2": nn.Conv2d(32, 64, 3), "relu2": nn.ReLU(), "pool": nn.MaxPool2d(2),
        "drop1": nn.Dropout(0.25), "flatten": nn.Flatten(),
        "fc1": nn.Linear(64 * rows * columns, 128), "relu3": nn.ReLU(),
        "drop2": nn.Dropout(0.5), "fc2": nn.Linear(128, classes),
    }  # fmt: skip
    return nn.Sequential(OrderedDict(layers))


def _require(last: tuple[int, int], name: str, input_shape: Shape, least: int) -> None:
    if min(last) < 1:
        raise ModelError(
            f"The input is too small for {name}.",
            where="the input of the data",
            got=f"(height, width, channels) {input_shape}",
            allowed=f"{least}x{least} and more",
        )
