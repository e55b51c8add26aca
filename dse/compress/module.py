"""The trainable form of a Network: float before calibration, fake-quantised after it."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from dse.compress.exact import exact_logits
from dse.compress.graph import from_hwc, range_owners, walk
from dse.compress.layers import LevelLayer, XnorLayer, make_layer
from dse.compress.lower import lower
from dse.compress.quantisers import Grid, fake_quantise
from dse.compress.shift_latents import DENSE_WEIGHT
from dse.compress.training import DEFAULT_TRAINING, Training
from dse.parameters import Parameters, check_parameters
from hw_models.arithmetic import SHARES_QUANTISATION
from hw_models.network import Layer, Network

__all__ = ["TrainableNetwork", "build_module", "clamp"]


class TrainableNetwork(nn.Module):
    """Executes a Network in torch with the number formats of its layers.

    Attributes:
        network: Shapes and formats.
        owners: For every tensor the one whose grid it has.
        grids: Grids of 8 or 4 bits by owner; empty until `calibrate`, and while empty all is float.
        how: Ranges, scales and latents of its layers.
    """

    def __init__(self, network: Network, parameters: Parameters, how: Training) -> None:
        super().__init__()
        self.how = how
        self.network = network
        self.owners = range_owners(network)
        self.grids: dict[str, Grid] = {}
        self._keys = {layer.name: str(at) for at, layer in enumerate(network.weighted_layers)}
        self._children = nn.ModuleDict(
            {
                self._keys[layer.name]: make_layer(layer, parameters[layer.name], how)
                for layer in network.weighted_layers
            }
        )

    @property
    def calibrated(self) -> bool:
        """Whether every tensor has a grid."""
        return bool(self.grids)

    def child(self, layer: Layer) -> LevelLayer | XnorLayer:
        """The trainable layer of a weighted layer."""
        child = self._children[self._keys[layer.name]]
        if not isinstance(child, LevelLayer | XnorLayer):
            raise TypeError(f"{layer.name} is a {type(child).__name__}")
        return child

    def grid(self, tensor: str, layer: Layer | None = None) -> Grid | None:
        """The grid of a tensor, with the clamp of the layer that makes it."""
        grid = self.grids.get(self.owners[tensor])
        if grid is None or layer is None or layer.activation == "none":
            return grid
        return replace(grid, activation=layer.activation)

    def run_weighted(self, layer: Layer, source: Tensor) -> Tensor:
        """A weighted layer before its activation."""
        output: Tensor = self.child(layer)(source, self.grid(layer.inputs[0]))
        return output

    def finish(self, name: str, layer: Layer | None, value: Tensor) -> Tensor:
        """Activation and, where the tensor has a grid, rounding to it."""
        grid = self.grid(name, layer)
        if grid is None:
            return value if layer is None else clamp(layer, value)
        if layer is not None and layer.op in SHARES_QUANTISATION:
            return clamp(layer, value)
        return fake_quantise(value, grid)

    def forward(self, x: Tensor) -> Tensor:
        """(n, height, width, channels) float to logits (n, classes).

        A calibrated module in evaluation mode gives exactly the logits of its integer program.
        """
        if self.calibrated and not self.training:
            return exact_logits(lower(self), x)
        return walk(self.network, from_hwc(x), self.run_weighted, self.finish)

    def project(self) -> None:
        """Bring the latent weights of xnor layers back into their set, after a step."""
        for child in self._children.values():
            if isinstance(child, XnorLayer) and child.weight.requires_grad:
                child.project()

    def follow(self) -> None:
        """Search scales that are not learned again."""
        for child in self._children.values():
            if isinstance(child, LevelLayer):
                child.follow()

    def penalty(self) -> Tensor | None:
        """What the latents add to the loss, or None without latents."""
        made = [one.latents for one in self._children.values() if isinstance(one, LevelLayer)]
        parts = [latents.penalty() for latents in made if latents is not None]
        return DENSE_WEIGHT * torch.stack(parts).sum() if parts else None


def clamp(layer: Layer, value: Tensor) -> Tensor:
    """The fused activation of a layer, in float."""
    if layer.activation == "none":
        return value
    return torch.clamp(value, 0.0, 6.0 if layer.activation == "relu6" else None)


def build_module(
    network: Network, parameters: Parameters, how: Training | None = None
) -> TrainableNetwork:
    """The trainable module of a network, float until it is calibrated.

    Args:
        network: Shapes and formats, as `rewrite` gives them.
        parameters: Float parameters of its weighted layers.
        how: Ranges, scales and latents of the layers; the default Training when absent.

    Raises:
        ModelError: Parameters that are missing, mis-shaped or not finite.
    """
    check_parameters(network, parameters)
    return TrainableNetwork(network, parameters, how or DEFAULT_TRAINING)
