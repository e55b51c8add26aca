"""A 1-D convolutional network for windows of an inertial sensor."""

from collections import OrderedDict

from torch import nn

from dse.data.augment import Augmentation
from dse.models.recipe import Recipe
from dse.models.registry import register
from hw_models.errors import ModelError
from hw_models.network import Shape

__all__ = ["imu_cnn"]

_CHANNELS = (32, 48, 64)
_KERNEL = 5
_LEAST_STEPS = 8


@register(
    "imu-cnn",
    Recipe(epochs=15, lr=2e-3, batch=64, weight_decay=1e-2,
           augmentation=Augmentation(time_shift=0.1, gain_db=2.0, noise=0.1)),
)  # fmt: skip
def imu_cnn(input_shape: Shape, classes: int) -> nn.Module:
    """Three 1-D convolutions for IMU windows: 0.44 M MACs at 100 steps of 6 channels, 5 classes."""
    height, steps, channels = input_shape
    if height != 1 or steps < _LEAST_STEPS:
        raise ModelError(
            "The network reads windows of signals.",
            where="zoo:imu-cnn",
            got=f"(height, width, channels) {input_shape}",
            allowed=f"(1, steps, channels) with {_LEAST_STEPS} steps or more",
        )
    blocks: dict[str, nn.Module] = {}
    inputs = channels
    for index, outputs in enumerate(_CHANNELS, start=1):
        conv = nn.Conv1d(inputs, outputs, _KERNEL, 2, _KERNEL // 2, bias=False)
        parts = {"conv": conv, "norm": nn.BatchNorm1d(outputs), "relu": nn.ReLU(inplace=True)}
        blocks[f"block{index}"] = nn.Sequential(OrderedDict(parts))
        inputs = outputs
    blocks |= {"pool": nn.AdaptiveAvgPool1d(1), "flatten": nn.Flatten(), "drop": nn.Dropout(0.2)}
    return nn.Sequential(OrderedDict(blocks | {"fc": nn.Linear(inputs, classes)}))
