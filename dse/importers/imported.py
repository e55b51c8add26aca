"""What an importer hands over."""

from dataclasses import dataclass

from dse.parameters import LayerParameters, Parameters
from hw_models.network import Network

__all__ = ["Imported"]


@dataclass(frozen=True)
class Imported:
    """A network and its float parameters, batch norm folded.

    Args:
        network: All weighted layers in s8.
        parameters: One entry per weighted layer.
    """

    network: Network
    parameters: Parameters

    def layer(self, name: str) -> LayerParameters:
        """The parameters of one layer."""
        return self.parameters[name]
