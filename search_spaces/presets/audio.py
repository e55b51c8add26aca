"""Raw audio: ACDNet and 1-D fronts, pruned to a fifth of their channels (arXiv 2103.03483)."""

from search_spaces.presets.preset import Preset

__all__ = ["AUDIO"]

AUDIO = Preset(
    name="audio",
    about="Raw audio (ACDNet): xnor against int8 pruned to a fifth of the channels and below.",
    formats=("s8", "s4", "xnor"),
    widths=(1.0, 0.75, 0.5, 0.35, 0.2, 0.1),
    depth=True,
)
