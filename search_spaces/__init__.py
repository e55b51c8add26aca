"""What may be changed in a network."""

from search_spaces.choices import depth_cut, full_width
from search_spaces.configuration import CONFIGURATION_SCHEMA, Configuration
from search_spaces.cost_table import CostTable
from search_spaces.cuts import cut_points
from search_spaces.groups import (
    CHANNEL_BLOCK,
    MIN_WIDTH_CHANNELS,
    ChannelGroup,
    channel_layouts,
    group_table,
    kept_channels,
)
from search_spaces.head import HEAD_LAYERS, Head
from search_spaces.options import Activations, DepthCut, Format, Option, OptionKind, Width
from search_spaces.presets import PRESETS, Preset, preset_space
from search_spaces.rewrite import rewrite
from search_spaces.sites import FormatRules, Refusal, Site
from search_spaces.space import Space, build_space, whole_space

__all__ = [
    "CHANNEL_BLOCK",
    "CONFIGURATION_SCHEMA",
    "HEAD_LAYERS",
    "MIN_WIDTH_CHANNELS",
    "PRESETS",
    "Activations",
    "ChannelGroup",
    "Configuration",
    "CostTable",
    "DepthCut",
    "Format",
    "FormatRules",
    "Head",
    "Option",
    "OptionKind",
    "Preset",
    "Refusal",
    "Site",
    "Space",
    "Width",
    "build_space",
    "channel_layouts",
    "cut_points",
    "depth_cut",
    "full_width",
    "group_table",
    "kept_channels",
    "preset_space",
    "rewrite",
    "whole_space",
]
