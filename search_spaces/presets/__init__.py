"""Spaces that suit a family of networks; one file each, listed here."""

from hw_models.errors import ConfigError
from hw_models.network import Network
from search_spaces.presets.audio import AUDIO
from search_spaces.presets.cnn import CNN
from search_spaces.presets.depthwise_separable import DEPTHWISE_SEPARABLE
from search_spaces.presets.preset import Preset
from search_spaces.presets.residual import RESIDUAL
from search_spaces.space import Space

__all__ = ["PRESETS", "Preset", "preset_space"]

PRESETS: dict[str, Preset] = {
    preset.name: preset for preset in (CNN, DEPTHWISE_SEPARABLE, RESIDUAL, AUDIO)
}


def preset_space(network: Network, name: str) -> Space:
    """The space that a preset makes of a network.

    Raises:
        ConfigError: There is no such preset.
    """
    if name not in PRESETS:
        raise ConfigError("There is no such preset.", got=name, allowed=sorted(PRESETS))
    return PRESETS[name].build(network)
