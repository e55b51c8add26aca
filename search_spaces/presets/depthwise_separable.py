"""DS-CNN, MobileNet and their like."""

from search_spaces.presets.preset import Preset
from search_spaces.sites import FormatRules

__all__ = ["DEPTHWISE_SEPARABLE"]

DEPTHWISE_SEPARABLE = Preset(
    name="depthwise-separable",
    about="DS-CNN, MobileNet: no s2 in depthwise layers, which have few weights to save.",
    formats=("s8", "s4", "s2", "xnor"),
    widths=(1.0, 0.75, 0.5, 0.25),
    depth=True,
    rules=FormatRules(depthwise=("s8", "s4")),
)
