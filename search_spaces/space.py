"""The Space: all sites of a network; its size, samples and integer vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import get_args

import numpy as np

from hw_models.errors import ConfigError, ModelError
from hw_models.network import ActivationFormat, Network
from search_spaces.activations import activation_groups
from search_spaces.choices import cut_option
from search_spaces.configuration import Configuration
from search_spaces.groups import ChannelGroup, group_table, kept_channels
from search_spaces.head import Head
from search_spaces.options import DepthCut, FormatName, Option, Width
from search_spaces.sites import (
    DEPTH_SITE,
    FormatRules,
    Refusal,
    Site,
    activation_site,
    depth_site,
    format_site,
    width_site,
)

__all__ = ["Space", "build_space", "whole_space"]


@dataclass(frozen=True)
class Space:
    """A base network and everything that may change in it.

    A depth cut makes the sites of the layers it removes inactive. A canonical configuration holds
    their first option, so that each distinct outcome is counted, stored and trained once.

    Args:
        network: The base network, all s8.
        sites: Those with more than one option: formats, widths, activations, depth, each in running
            order.
        refusals: What was asked for and is not legal, with the reason.
    """

    network: Network
    sites: tuple[Site, ...]
    refusals: tuple[Refusal, ...]

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """Number of options of each site."""
        return tuple(len(site.options) for site in self.sites)

    @property
    def vectors(self) -> int:
        """Number of integer vectors, those that mean the same configuration included."""
        return prod(self.cardinalities)

    @property
    def size(self) -> int:
        """Number of distinct (canonical) configurations, exactly."""
        return sum(
            prod(len(site.options) for site in self.sites if site.name in active)
            for active in self._active.values()
        )

    @cached_property
    def groups(self) -> tuple[ChannelGroup, ...]:
        """The channel groups of the base network."""
        return group_table(self.network)

    def kept(self, site: Site, width: Width) -> int:
        """How many channels a width leaves of each producer of its site."""
        parts = next(each.parts for each in self.groups if site.layers[0] in each.producers)
        return kept_channels(self.network.layer(site.layers[0]).shape[2], width.keep, parts)

    @cached_property
    def _by_name(self) -> dict[str, Site]:
        return {site.name: site for site in self.sites}

    @cached_property
    def _active(self) -> dict[DepthCut, frozenset[str]]:
        """Per depth option, the other sites that still matter."""
        names = [layer.name for layer in self.network.layers]
        active: dict[DepthCut, frozenset[str]] = {}
        for cut in self._cuts:
            kept = set(names if cut.after is None else names[: names.index(cut.after) + 1])
            active[cut] = frozenset(
                site.name
                for site in self.sites
                if site.kind != "depth" and not kept.isdisjoint(site.layers)
            )
        return active

    @property
    def _cuts(self) -> tuple[DepthCut, ...]:
        if DEPTH_SITE not in self._by_name:
            return (DepthCut(None),)
        options = self._by_name[DEPTH_SITE].options
        return tuple(option for option in options if isinstance(option, DepthCut))

    def site(self, name: str) -> Site:
        """The site of that name.

        Raises:
            ConfigError: There is none.
        """
        if name not in self._by_name:
            raise ConfigError("There is no such site.", got=name, allowed=sorted(self._by_name))
        return self._by_name[name]

    def baseline(self) -> Configuration:
        """Every site at its first option: all s8, full width, no cut."""
        return Configuration(tuple((site.name, site.options[0]) for site in self.sites))

    def is_active(self, configuration: Configuration, site: str) -> bool:
        """Whether a site matters, that is, whether the depth cut leaves some layer of it."""
        return site == DEPTH_SITE or site in self._active[cut_option(configuration)]

    def canonical(self, configuration: Configuration) -> Configuration:
        """The same outcome, with every inactive site at its first option.

        Raises:
            ConfigError: The configuration does not fit the space; all faults are listed.
        """
        return self._canonical(self._check(dict(configuration.choices), complete=True))

    def load(self, data: Mapping[str, object] | str) -> Configuration:
        """Read a configuration from JSON; sites that it leaves out take their first option.

        Raises:
            ConfigError: Not a configuration, or unknown sites or options; all faults are listed.
        """
        choices = dict(Configuration.from_json(data).choices)
        return self._canonical(self._check(choices, complete=False))

    def encode(self, configuration: Configuration) -> tuple[int, ...]:
        """The index of each site's option, in the order of `sites`.

        Raises:
            ConfigError: The configuration does not fit the space.
        """
        choices = self.canonical(configuration).choices
        pairs = zip(self.sites, choices, strict=True)
        return tuple(site.options.index(option) for site, (_, option) in pairs)

    def decode(self, vector: Sequence[int]) -> Configuration:
        """The canonical configuration of an integer vector; undoes `encode`.

        Raises:
            ConfigError: Another length, or an index that its site does not have.
        """
        bounds = self.cardinalities
        indices = [int(index) for index in vector]
        if len(indices) != len(bounds) or not all(
            0 <= index < bound for index, bound in zip(indices, bounds, strict=True)
        ):
            raise ConfigError(
                "An integer vector does not fit the space.",
                got=indices,
                allowed=f"{len(bounds)} indices from 0, below {bounds}",
            )
        pairs = zip(self.sites, indices, strict=True)
        return self._canonical({site.name: site.options[index] for site, index in pairs})

    def sample(self, rng: np.random.Generator) -> Configuration:
        """A random configuration: every site's option with equal chance, then made canonical."""
        return self.decode([int(rng.integers(bound)) for bound in self.cardinalities])

    def neighbours(self, configuration: Configuration) -> tuple[Configuration, ...]:
        """The distinct configurations that differ in the choice at one active site.

        Raises:
            ConfigError: The configuration does not fit the space.
        """
        own = self.canonical(configuration)
        found = (
            self._canonical({**dict(own.choices), site.name: option})
            for site in self.sites
            if self.is_active(own, site.name)
            for option in site.options
            if option != own.choice(site.name)
        )
        return tuple(dict.fromkeys(found))

    def changes(self, configuration: Configuration) -> tuple[tuple[str, Option], ...]:
        """The choices that differ from the baseline."""
        own = self.canonical(configuration).choices
        pairs = zip(self.sites, own, strict=True)
        return tuple((name, option) for site, (name, option) in pairs if option != site.options[0])

    def _canonical(self, choices: Mapping[str, Option]) -> Configuration:
        cut = choices.get(DEPTH_SITE)
        active = self._active[cut if isinstance(cut, DepthCut) else DepthCut(None)]
        return Configuration(
            tuple(
                (
                    site.name,
                    choices[site.name]
                    if site.kind == "depth" or site.name in active
                    else site.options[0],
                )
                for site in self.sites
            )
        )

    def _check(self, choices: Mapping[str, Option], complete: bool) -> dict[str, Option]:
        faults = [f"there is no site {name!r}" for name in choices if name not in self._by_name]
        filled: dict[str, Option] = {}
        for site in self.sites:
            if complete and site.name not in choices:
                faults.append(f"site {site.name!r} has no option")
            filled[site.name] = choices.get(site.name, site.options[0])
            if filled[site.name] not in site.options:
                faults.append(self._fault(site, filled[site.name]))
        if faults:
            raise ConfigError(
                f"A configuration does not fit the space of {self.network.name!r}.",
                got="; ".join(faults),
                allowed=[site.name for site in self.sites],
                cure="Use the model, the formats and the widths that it was made with.",
            )
        return filled

    def _fault(self, site: Site, option: Option) -> str:
        reasons = (
            refusal.reason
            for refusal in self.refusals
            if refusal.site == site.name and refusal.option == option
        )
        legal = ", ".join(other.label() for other in site.options)
        why = next(reasons, f"it has {legal}")
        return f"site {site.name!r} cannot be {option.label()!r}: {why}"


def build_space(
    network: Network,
    *,
    formats: Sequence[FormatName] = ("s8", "s4", "s2", "xnor"),
    widths: Sequence[float] = (1.0, 0.75, 0.5, 0.25),
    activations: Sequence[ActivationFormat] = ("s8",),
    depth: bool = True,
    heads: Sequence[Head] = ("auxiliary",),
    rules: FormatRules | None = None,
) -> Space:
    """Find a network's sites and what is legal at each.

    Args:
        network: The base; all its weights are s8.
        formats: Weight formats to offer; s8 always is.
        widths: Shares of channels to keep; 1.0 is always offered.
        activations: Activation formats to offer; s8 always is.
        depth: Whether to offer depth cuts.
        heads: That may follow a cut.
        rules: Which layers may have which formats; default `FormatRules()`.

    Raises:
        ModelError: The network's weights and tensors are not all s8.
        ConfigError: An unknown format, or a width that is not above 0 and at most 1.
    """
    _require_base(network, formats)
    offered = tuple(dict.fromkeys(("s8", *formats)))
    shares = tuple(Width(keep).keep for keep in dict.fromkeys((1.0, *widths)))
    legal = rules or FormatRules()
    judged = [format_site(network, layer, offered, legal) for layer in network.weighted_layers]
    judged += [width_site(group, shares) for group in group_table(network) if group.producers]
    kinds = tuple(dict.fromkeys(("s8", *activations)))
    judged += [activation_site(group, kinds) for group in activation_groups(network)]
    if depth:
        judged.append(depth_site(network, tuple(dict.fromkeys(heads))))
    return Space(
        network=network,
        sites=tuple(site for site, _ in judged if len(site.options) > 1),
        refusals=tuple(refusal for _, refusals in judged for refusal in refusals),
    )


def whole_space(network: Network) -> Space:
    """Every format, width and cut, whatever a study offers; raises as `build_space`."""
    return build_space(network, formats=get_args(FormatName), activations=("s8", "s4"))


def _require_base(network: Network, formats: Sequence[FormatName]) -> None:
    unknown = [weights for weights in formats if weights not in get_args(FormatName)]
    if unknown:
        raise ConfigError(
            "There is no such weight format.", got=unknown, allowed=get_args(FormatName)
        )
    other = [layer.name for layer in network.weighted_layers if layer.weight_format != "s8"]
    other += [tensor.name for tensor in network.tensors if tensor.format == "s4"]
    if other:
        raise ModelError(
            "A space starts from a network whose weights and tensors are all s8.",
            where=f"network {network.name!r}",
            got=other,
            cure="Pass the network as it was imported.",
        )
