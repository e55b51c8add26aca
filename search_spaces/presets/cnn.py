"""Plain convolutional networks."""

from search_spaces.presets.preset import Preset

__all__ = ["CNN"]

CNN = Preset(
    name="cnn",
    about="Plain convolutional networks: every option.",
    formats=("s8", "s4", "s2", "xnor"),
    widths=(1.0, 0.75, 0.5, 0.25),
    depth=True,
)
