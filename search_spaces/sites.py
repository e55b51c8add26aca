"""Sites: what changes together, the options each has, and why the others are refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from hw_models.network import Layer, Network, WeightFormat
from search_spaces.cuts import cut_points, judge_cuts
from search_spaces.groups import (
    MIN_WIDTH_CHANNELS,
    ChannelGroup,
    channel_groups,
    kept_channels,
)
from search_spaces.options import DepthCut, Format, Option, OptionKind, Width

__all__ = [
    "DEPTH_SITE",
    "FormatRules",
    "Refusal",
    "Site",
    "channel_groups",
    "cut_points",
    "depth_site",
    "format_site",
    "kept_channels",
    "width_site",
]

DEPTH_SITE = "depth"


@dataclass(frozen=True)
class Site:
    """One decision.

    Args:
        name: "format:LAYER", "width:GROUP" or "depth".
        kind: What its options are.
        layers: The weighted layer; the producers of the channel group; the cut points.
        options: Legal ones, the base network's first.
    """

    name: str
    kind: OptionKind
    layers: tuple[str, ...]
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Refusal:
    """An option that was asked for and that a site cannot have."""

    site: str
    option: Option
    reason: str


@dataclass(frozen=True)
class FormatRules:
    """Which weight formats a layer may have, by its place and op.

    Args:
        ends: Of the first and the last weighted layer: they lose most and weigh least.
        depthwise: Of depthwise layers; xnor never applies there.
        xnor_min_inputs: Input channels (features of a linear layer) that xnor needs: with fewer
            bits a 32-bit word is mostly padding and the sum has few levels. Counted in the base
            network.
    """

    ends: tuple[WeightFormat, ...] = ("s8",)
    depthwise: tuple[WeightFormat, ...] = ("s8", "s4", "s2", "p2")
    xnor_min_inputs: int = 8

    def refuse(self, network: Network, layer: Layer, weights: WeightFormat) -> str | None:
        """Why a weighted layer cannot have a format, or None."""
        if weights == layer.weight_format:
            return None
        if layer.op == "depthwise" and weights == "xnor":
            return "a depthwise layer cannot be xnor: one channel has too few bits to count"
        if layer.op == "depthwise" and weights in ("p4", "p3"):
            return f"a depthwise layer has too few weights for {weights}: its table outweighs them"
        for place, end in (("first", 0), ("last", -1)):
            if layer == network.weighted_layers[end] and weights not in self.ends:
                return f"the {place} weighted layer stays {' or '.join(self.ends)}"
        if layer.op == "depthwise" and weights not in self.depthwise:
            return f"depthwise layers stay {' or '.join(self.depthwise)}"
        inputs = network.weight_shape(layer)[3]
        if weights == "xnor" and inputs < self.xnor_min_inputs:
            return f"xnor needs {self.xnor_min_inputs} input channels, it has {inputs}"
        return None


Judged = tuple[Site, tuple[Refusal, ...]]


def format_site(
    network: Network, layer: Layer, formats: Sequence[WeightFormat], rules: FormatRules
) -> Judged:
    """The weight format of one layer."""
    name = f"format:{layer.name}"
    judged = [(Format(weights), rules.refuse(network, layer, weights)) for weights in formats]
    return _judged(name, "format", (layer.name,), judged)


def width_site(group: ChannelGroup, widths: Sequence[float]) -> Judged:
    """The width of one channel group."""
    name = f"width:{group.name}"
    seen: dict[int, float] = {}
    judged: list[tuple[Option, str | None]] = []
    for keep in widths:
        kept = kept_channels(group.channels, keep)
        reason = None
        if keep < 1 and group.fixed is not None:
            reason = group.fixed
        elif keep < 1 and group.channels < MIN_WIDTH_CHANNELS:
            reason = f"it has {group.channels} channels, a width needs {MIN_WIDTH_CHANNELS}"
        elif kept in seen:
            reason = f"rounding leaves {kept} channels, as x{seen[kept]:g} does"
        else:
            seen[kept] = keep
        judged.append((Width(keep), reason))
    return _judged(name, "width", group.producers, judged)


def depth_site(network: Network) -> Judged:
    """Where the network ends."""
    reasons = judge_cuts(network)
    judged: list[tuple[Option, str | None]] = [(DepthCut(None), None)]
    judged += [(DepthCut(name), reason) for name, reason in reasons.items()]
    cuts = tuple(name for name, reason in reasons.items() if reason is None)
    return _judged(DEPTH_SITE, "depth", cuts, judged)


def _judged(
    name: str,
    kind: OptionKind,
    layers: tuple[str, ...],
    judged: Sequence[tuple[Option, str | None]],
) -> Judged:
    options = tuple(option for option, reason in judged if reason is None)
    refusals = tuple(
        Refusal(name, option, reason) for option, reason in judged if reason is not None
    )
    return Site(name, kind, layers, options), refusals
