"""DS-CNN for keyword spotting (Zhang 2017), as in MLPerf Tiny."""

from collections import OrderedDict

from torch import nn

from dse.models.blocks import conv_bn, same_padding, separable
from dse.models.registry import Recipe, register
from hw_models.network import Shape

__all__ = ["ds_cnn"]

_KERNEL = (10, 4)
_STRIDE = 2
_CHANNELS = 64


@register("ds-cnn", Recipe(epochs=30, lr=5e-3, batch=64))
def ds_cnn(input_shape: Shape, classes: int) -> nn.Module:
    """DS-CNN of MLPerf Tiny keyword spotting: 2.66 M MACs at 49x10 MFCC and 12 classes."""
    height, width, channels = input_shape
    vertical = same_padding(height, _KERNEL[0], _STRIDE)
    horizontal = same_padding(width, _KERNEL[1], _STRIDE)
    blocks: dict[str, nn.Module] = {
        "pad": nn.ZeroPad2d((*horizontal, *vertical)),
        "stem": conv_bn(channels, _CHANNELS, _KERNEL, _STRIDE),
        "drop1": nn.Dropout(0.2),
        **{f"block{i}": separable(_CHANNELS, _CHANNELS) for i in range(1, 5)},
        "drop2": nn.Dropout(0.4),
        "pool": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
        "fc": nn.Linear(_CHANNELS, classes),
    }
    return nn.Sequential(OrderedDict(blocks))
