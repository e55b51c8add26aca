"""MobileNetV1 (Howard 2017, 1704.04861) at widths 0.25 and 0.5."""

from collections import OrderedDict

from torch import nn

from dse.data.augment import Augmentation
from dse.models.blocks import conv_bn, separable
from dse.models.recipe import Recipe
from dse.models.registry import register
from hw_models.network import Shape

__all__ = ["mobilenet_v1_025", "mobilenet_v1_050"]

_STEM = 32
_BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1),
    (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip
_RECIPE = Recipe(
    epochs=50, lr=5e-3, batch=64, weight_decay=1e-3, augmentation=Augmentation(flip=True, crop=6)
)


@register("mobilenet-v1-025", _RECIPE)
def mobilenet_v1_025(input_shape: Shape, classes: int) -> nn.Module:
    """MobileNetV1 0.25 of MLPerf Tiny visual wake words: 7.49 M MACs at 96x96x3, 2 classes."""
    return _build(input_shape, classes, 4)


@register("mobilenet-v1-050", _RECIPE)
def mobilenet_v1_050(input_shape: Shape, classes: int) -> nn.Module:
    """MobileNetV1 0.5: 27.4 M MACs at 96x96x3, 2 classes."""
    return _build(input_shape, classes, 2)


def _build(input_shape: Shape, classes: int, divisor: int) -> nn.Module:
    """The network with a whole fraction of the published widths."""
    inputs = _STEM // divisor
    blocks: dict[str, nn.Module] = {"stem": conv_bn(input_shape[2], inputs, 3, 2, 1)}
    for index, (width, stride) in enumerate(_BLOCKS, start=1):
        blocks[f"block{index}"] = separable(inputs, width // divisor, stride)
        inputs = width // divisor
    blocks |= {"pool": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten()}
    return nn.Sequential(OrderedDict(blocks | {"fc": nn.Linear(inputs, classes)}))
