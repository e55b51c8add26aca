"""DS-CNN for keyword spotting (Zhang 2017, 1711.07128), small as in MLPerf Tiny, and medium."""

from collections import OrderedDict

from torch import nn

from dse.data.augment import Augmentation
from dse.models.blocks import conv_bn, same_padding, separable
from dse.models.recipe import Recipe
from dse.models.registry import register
from hw_models.network import Shape

__all__ = ["ds_cnn", "ds_cnn_m"]

_KERNEL = (10, 4)
_BLOCKS = 4
_RECIPE = Recipe(epochs=30, lr=5e-3, batch=64, augmentation=Augmentation(time_shift=0.1))


@register("ds-cnn", _RECIPE)
def ds_cnn(input_shape: Shape, classes: int) -> nn.Module:
    """DS-CNN S of MLPerf Tiny keyword spotting: 2.66 M MACs at 49x10 MFCC and 12 classes."""
    return _build(input_shape, classes, 64, (2, 2), 1)


@register("ds-cnn-m", _RECIPE)
def ds_cnn_m(input_shape: Shape, classes: int) -> nn.Module:
    """DS-CNN M for keyword spotting: 9.82 M MACs at 49x10 MFCC and 12 classes."""
    return _build(input_shape, classes, 172, (2, 1), 2)


def _build(
    input_shape: Shape, classes: int, width: int, stem: tuple[int, int], first_stride: int
) -> nn.Module:
    height, columns, channels = input_shape
    vertical = same_padding(height, _KERNEL[0], stem[0])
    horizontal = same_padding(columns, _KERNEL[1], stem[1])
    strides = (first_stride, *(1,) * (_BLOCKS - 1))
    blocks: dict[str, nn.Module] = {
        "pad": nn.ZeroPad2d((*horizontal, *vertical)),
        "stem": conv_bn(channels, width, _KERNEL, stem),
        "drop1": nn.Dropout(0.2),
        **{f"block{i}": separable(width, width, s) for i, s in enumerate(strides, start=1)},
        "drop2": nn.Dropout(0.4),
        "pool": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
        "fc": nn.Linear(width, classes),
    }
    return nn.Sequential(OrderedDict(blocks))
