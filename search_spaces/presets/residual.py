"""ResNets: additions join the channels of a whole stage, so widths come in finer steps."""

from search_spaces.presets.preset import Preset

__all__ = ["RESIDUAL"]

RESIDUAL = Preset(
    name="residual",
    about="ResNets: finer widths, since one choice changes every layer of a stage.",
    formats=("s8", "s4", "s2", "xnor"),
    widths=(1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25),
    depth=True,
)
