"""What a configuration says of depth and width."""

from search_spaces.configuration import Configuration
from search_spaces.options import DepthCut, Width

__all__ = ["cut_option", "depth_cut", "full_width"]


def depth_cut(configuration: Configuration) -> str | None:
    """The layer after which a configuration cuts, or None."""
    return cut_option(configuration).after


def cut_option(configuration: Configuration) -> DepthCut:
    """The depth cut of a configuration; without that site the one that keeps all layers."""
    options = (option for _, option in configuration.choices)
    return next((one for one in options if isinstance(one, DepthCut)), DepthCut(None))


def full_width(configuration: Configuration) -> Configuration:
    """The same configuration with no channel gone."""
    return Configuration(
        tuple(
            (name, Width(1.0) if isinstance(option, Width) else option)
            for name, option in configuration.choices
        )
    )
