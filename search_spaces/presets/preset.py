"""What a preset is: the arguments of `build_space` under a name."""

from dataclasses import dataclass, field

from hw_models.network import ActivationFormat, Network
from search_spaces.options import FormatName
from search_spaces.sites import FormatRules
from search_spaces.space import Space, build_space

__all__ = ["Preset"]


@dataclass(frozen=True)
class Preset:
    """Arguments of `build_space` that suit a family of networks.

    Args:
        name: As the user types it.
        about: One sentence: for which networks, and why so.
        formats: Weight formats to offer.
        widths: Shares of channels to keep.
        depth: Whether to offer depth cuts.
        rules: Which layers may have which formats.
        activations: Activation formats to offer.
    """

    name: str
    about: str
    formats: tuple[FormatName, ...]
    widths: tuple[float, ...]
    depth: bool
    rules: FormatRules = field(default_factory=FormatRules)
    activations: tuple[ActivationFormat, ...] = ("s8",)

    def build(self, network: Network) -> Space:
        """The space of a network."""
        return build_space(
            network,
            formats=self.formats,
            widths=self.widths,
            activations=self.activations,
            depth=self.depth,
            rules=self.rules,
        )
