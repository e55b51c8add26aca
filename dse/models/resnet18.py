"""ResNet-18 (He 2016, 1512.03385) with a quarter of its channels, for small images."""

from collections import OrderedDict

from torch import nn

from dse.data.augment import Augmentation
from dse.models.blocks import conv_bn
from dse.models.recipe import Recipe
from dse.models.registry import register
from dse.models.resnet import Residual
from hw_models.network import Shape

__all__ = ["resnet18", "resnet18_slim"]

_SLIM = 16
_STAGES = 4


@register(
    "resnet18-slim",
    Recipe(epochs=60, lr=5e-3, batch=64, weight_decay=1e-3,
           augmentation=Augmentation(flip=True, crop=4)),
)  # fmt: skip
def resnet18_slim(input_shape: Shape, classes: int) -> nn.Module:
    """ResNet-18 with 16 to 128 channels: 35.0 M MACs at 32x32x3, 10 classes."""
    return resnet18(input_shape, classes, _SLIM)


def resnet18(input_shape: Shape, classes: int, width: int) -> nn.Module:
    """ResNet-18 with a 3x3 stem and `width` channels in its first stage (64 in the paper)."""
    blocks: dict[str, nn.Module] = {"stem": conv_bn(input_shape[2], width, 3, 1, 1)}
    inputs = width
    for stage in range(_STAGES):
        outputs = width << stage
        stride = 2 if stage else 1
        blocks[f"stage{stage + 1}a"] = Residual(inputs, outputs, stride, norm_short=True)
        blocks[f"stage{stage + 1}b"] = Residual(outputs, outputs, norm_short=True)
        inputs = outputs
    blocks |= {"pool": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten()}
    return nn.Sequential(OrderedDict(blocks | {"fc": nn.Linear(inputs, classes)}))
