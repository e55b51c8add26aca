"""Sites: what changes together, the options each has, and why the others are refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from hw_models.network import ActivationFormat, Layer, Network
from search_spaces.activations import ActivationGroup
from search_spaces.cuts import cut_points, judge_cuts
from search_spaces.groups import (
    MIN_WIDTH_CHANNELS,
    ChannelGroup,
    channel_layouts,
    kept_channels,
)
from search_spaces.head import Head
from search_spaces.options import (
    Activations,
    DepthCut,
    Format,
    FormatName,
    Option,
    OptionKind,
    Width,
    stored_weights,
)

__all__ = [
    "DEPTH_SITE",
    "FormatRules",
    "Refusal",
    "Site",
    "activation_site",
    "channel_layouts",
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
        name: "format:LAYER", "width:GROUP", "activation:GROUP" or "depth".
        kind: What its options are.
        layers: The weighted layer; the producers of the channel group; the layers that make the
            activation group; the cut points.
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

    ends: tuple[FormatName, ...] = ("s8",)
    depthwise: tuple[FormatName, ...] = ("s8", "s4", "s2", "p2")
    xnor_min_inputs: int = 8

    def refuse(self, network: Network, layer: Layer, weights: FormatName) -> str | None:
        """Why a weighted layer cannot have a format, or None."""
        if weights == layer.weight_format:
            return None
        if layer.op == "depthwise" and weights == "xnor":
            return "a depthwise layer cannot be xnor: one channel has too few bits to count"
        if layer.op == "depthwise" and stored_weights(weights) in ("p4", "p3", "sparse8"):
            return f"a depthwise layer has too few weights for {weights}: decoding outweighs them"
        if layer.groups > 1 and weights == "xnor":
            return "a grouped convolution cannot be xnor: a group has too few bits to count"
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
    network: Network, layer: Layer, formats: Sequence[FormatName], rules: FormatRules
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
        kept = kept_channels(group.channels, keep, group.parts)
        reason = None
        if keep < 1 and group.fixed is not None:
            reason = group.fixed
        elif keep < 1 and group.parts > 1 and group.channels // group.parts < MIN_WIDTH_CHANNELS:
            each = group.channels // group.parts
            reason = (
                f"groups of a convolution stay even: each of {group.parts} has {each} channels, "
                f"a width needs {MIN_WIDTH_CHANNELS}"
            )
        elif keep < 1 and group.channels < MIN_WIDTH_CHANNELS:
            reason = f"it has {group.channels} channels, a width needs {MIN_WIDTH_CHANNELS}"
        elif kept in seen:
            reason = f"rounding leaves {kept} channels, as x{seen[kept]:g} does"
        else:
            seen[kept] = keep
        judged.append((Width(keep), reason))
    return _judged(name, "width", group.producers, judged)


def activation_site(group: ActivationGroup, formats: Sequence[ActivationFormat]) -> Judged:
    """The number format of one activation group."""
    judged = [(Activations(each), None if each == "s8" else group.fixed) for each in formats]
    return _judged(f"activation:{group.name}", "activation", group.layers, judged)


def depth_site(network: Network, heads: Sequence[Head] = ("auxiliary",)) -> Judged:
    """Where the network ends, and in which head."""
    judged: list[tuple[Option, str | None]] = [(DepthCut(None), None)]
    for head in heads:
        reasons = judge_cuts(network, head)
        judged += [(DepthCut(name, head), reason) for name, reason in reasons.items()]
    cuts = [one.after for one, why in judged if isinstance(one, DepthCut) and why is None]
    return _judged(DEPTH_SITE, "depth", tuple(dict.fromkeys(filter(None, cuts))), judged)


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
