"""The supernet: runs any configuration as a view on one set of float parameters.

Weight scales and activation grids are found anew in every forward, and every weighted layer is
followed by a batch norm with the statistics of the batch: what `calibrate` does once with a
configuration, in a form that has gradients.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dse.compress.calibrate import ChannelStatistics
from dse.compress.graph import dot, from_hwc, to_rows, walk
from dse.compress.importance import Scores
from dse.compress.layers import EPSILON, PADDING_BIT, largest_of_rows, to_torch_weight
from dse.compress.module import clamp
from dse.compress.quantisers import (
    Grid,
    binarise,
    fake_quantise,
    grid_for,
    search_scale,
    weight_levels,
    xnor_weight,
)
from dse.compress.ranges import activation_range
from dse.compress.shared import SharedLayer, SharedWeights, layer_key
from dse.compress.training import Training
from dse.compress.transfer import Axes, he_parameters, kept_axes
from dse.parameters import Parameters
from hw_models.arithmetic import SHARES_QUANTISATION
from hw_models.errors import ModelError
from hw_models.network import Layer, Network
from search_spaces.choices import cut_option
from search_spaces.configuration import Configuration
from search_spaces.options import DepthCut
from search_spaces.rewrite import rewrite
from search_spaces.sites import DEPTH_SITE
from search_spaces.space import Space

__all__ = ["SharedParameters", "Supernet"]

FOLLOWED = 0.05
"""Share of the newest batch in the moving average of a spread."""


@dataclass(frozen=True)
class SharedParameters:
    """Of one layer: weight (outputs, inputs, height, width), the others (outputs,).

    The natural spread, that of the output before its batch norm, is followed, not trained.
    """

    weight: nn.Parameter
    mean: nn.Parameter
    log_spread: nn.Parameter
    natural: Tensor


class Supernet:
    """Shared float parameters of a space, and the forward of its configurations.

    Args:
        space: Built from the uncompressed network.
        base: Its parameters, where the shared ones start; heads start from He's initialisation.
        statistics: Of the uncompressed network's layers.
        scores: Of its channels.
        how: Ranges.
        seed: Of the heads.
        device: To compute on.
    """

    def __init__(
        self,
        space: Space,
        base: Parameters,
        statistics: Mapping[str, ChannelStatistics],
        scores: Scores,
        how: Training,
        seed: int,
        device: torch.device,
    ) -> None:
        self.space = space
        self.scores = scores
        self.how = how
        self.device = device
        self._layers: dict[str, SharedParameters] = {}
        for cut, network in _cut_networks(space):
            for layer in network.weighted_layers:
                key = layer_key(layer.name, cut)
                if key in self._layers:
                    continue
                own = base.get(layer.name) or he_parameters(network, layer, seed)
                found = statistics.get(layer.name)
                mean = np.zeros(layer.shape[2], np.float32) if found is None else found.mean
                spread = np.ones(layer.shape[2], np.float32) if found is None else found.spread
                weight = to_torch_weight(own)
                self._layers[key] = SharedParameters(
                    nn.Parameter(weight.to(device)),
                    nn.Parameter(torch.from_numpy(mean.copy()).to(device)),
                    nn.Parameter(torch.from_numpy(spread).clamp_min(1e-6).log().to(device)),
                    torch.zeros(len(mean), device=device),
                )

    def parameters(self) -> list[nn.Parameter]:
        """All of them."""
        return [p for one in self._layers.values() for p in (one.weight, one.mean, one.log_spread)]

    def keys(self) -> list[str]:
        """Of the layers."""
        return list(self._layers)

    def layer(self, key: str) -> SharedParameters:
        """The parameters of one layer."""
        return self._layers[key]

    def logits(self, configuration: Configuration, x: Tensor) -> Tensor:
        """(n, classes) logits of a configuration.

        Args:
            configuration: Of the space.
            x: (n, height, width, channels) on the supernet's device, n large enough for the
                statistics of a batch norm.
        """
        network = self.space.network
        target = rewrite(network, self.space, configuration)
        axes = kept_axes(network, target, self.scores)
        cut = cut_option(configuration)

        def weighted(layer: Layer, source: Tensor) -> Tensor:
            own = self._layers[layer_key(layer.name, cut)]
            return self._weighted(layer, source, own, axes[layer.name])

        def finish(name: str, layer: Layer | None, value: Tensor) -> Tensor:
            if layer is not None:
                value = clamp(layer, value)
            if layer is not None and layer.op in SHARES_QUANTISATION:
                return value
            return self._round(target, name, value)

        return walk(target, from_hwc(x), weighted, finish)

    def weights(self, steps: int) -> SharedWeights:
        """The parameters as arrays.

        Rows are scaled, which changes no level, so that outputs have about the wanted spread by
        themselves: `calibrate` bounds the gain that it brings.

        Args:
            steps: Trained.
        """
        layers = {
            key: SharedLayer(
                _scaled(own).permute(0, 2, 3, 1).cpu().numpy().copy(),
                own.mean.detach().cpu().numpy().copy(),
                own.log_spread.detach().exp().cpu().numpy().copy(),
            )
            for key, own in self._layers.items()
        }
        return SharedWeights(layers, self.scores, steps)

    def _weighted(self, layer: Layer, source: Tensor, own: SharedParameters, axes: Axes) -> Tensor:
        weight = _take_columns(_take(own.weight, axes.outputs, 0), axes.inputs)
        value = self._dot(layer, source, weight)
        variance, mean = torch.var_mean(value, (0, 2, 3), correction=0, keepdim=True)
        _follow(own.natural, axes.outputs, variance.detach().flatten().sqrt())
        spread = _take(own.log_spread, axes.outputs, 0).exp()[:, None, None]
        wanted = _take(own.mean, axes.outputs, 0)[:, None, None]
        return (value - mean) * (torch.rsqrt(variance + EPSILON) * spread) + wanted

    def _dot(self, layer: Layer, source: Tensor, weight: Tensor) -> Tensor:
        if layer.weight_format == "xnor":
            bits = _bits(layer, source)
            centred = weight - weight.mean(1, keepdim=True)
            return dot(layer, bits, xnor_weight(centred), None, PADDING_BIT)
        if layer.weight_format is None:
            raise TypeError(layer.name)
        if layer.row_nonzeros is not None:
            weight = weight * largest_of_rows(weight.detach(), layer.row_nonzeros)
        rule, percentile = self.how.weight_ranges, self.how.percentile
        scale = search_scale(weight, layer.weight_format, rule, percentile)
        return dot(layer, source, weight_levels(weight, scale, layer.weight_format), None)

    def _round(self, network: Network, name: str, value: Tensor) -> Tensor:
        kind = network.tensor(name).format
        narrow = kind == "s4"
        asked = self.how.activation_ranges
        rule = "mse" if narrow and asked == "min-max" else asked
        ends = activation_range(value.detach(), rule, self.how.percentile, 16 if narrow else 256)
        if not all(map(math.isfinite, ends)):
            raise ModelError(
                "The training of shared weights diverges: a tensor is not finite.",
                where=f"network {network.name!r}, tensor {name!r}",
                got=ends,
                cure="Check the scale of the data: inputs should lie within about -1 to 1.",
            )
        return fake_quantise(value, Grid(*grid_for(*ends, kind), format=kind))


def _cut_networks(space: Space) -> list[tuple[DepthCut, Network]]:
    """The networks at full width and depth, and at every cut."""
    sites = [site for site in space.sites if site.name == DEPTH_SITE]
    options = [one for site in sites for one in site.options if isinstance(one, DepthCut)]
    made = []
    for cut in options or [DepthCut(None)]:
        choices = dict(space.baseline().choices) | ({DEPTH_SITE: cut} if sites else {})
        made.append((cut, rewrite(space.network, space, Configuration(tuple(choices.items())))))
    return made


def _bits(layer: Layer, source: Tensor) -> Tensor:
    """±1 by the channel means of the batch, as `XnorLayer.place_thresholds` places them."""
    if layer.op == "linear":
        source = to_rows(source)[:, :, None, None]
    spread, mean = torch.std_mean(source.detach(), (0, 2, 3), keepdim=True, correction=0)
    floor = 0.1 * spread.mean().clamp_min(1e-6)
    return binarise(source, mean, torch.maximum(spread, floor))


@torch.no_grad()
def _scaled(own: SharedParameters) -> Tensor:
    """Rows times the gain of their batch norm; a channel that was never computed keeps its own."""
    gain = own.log_spread.exp() * torch.rsqrt(own.natural.square() + EPSILON)
    gain = torch.where(own.natural > 0, gain, 1.0)
    return own.weight * gain[:, None, None, None]


def _follow(natural: Tensor, outputs: NDArray[np.intp], spread: Tensor) -> None:
    """Moving average of the outputs that were computed; the first value stands for itself."""
    rows = torch.from_numpy(outputs).to(natural.device)
    before = natural[rows]
    natural[rows] = torch.where(before > 0, before + FOLLOWED * (spread - before), spread)


def _take(value: Tensor, kept: NDArray[np.intp], axis: int) -> Tensor:
    if len(kept) == value.shape[axis]:
        return value
    return value.index_select(axis, torch.from_numpy(kept).to(value.device))


def _take_columns(weight: Tensor, inputs: NDArray[np.intp] | None) -> Tensor:
    """Some inputs of (outputs, inputs, height, width), as `Axes` says them."""
    if inputs is None:
        return weight
    if inputs.ndim == 1:
        return _take(weight, inputs, 1)
    places = torch.from_numpy(inputs).to(weight.device)[:, :, None, None]
    return weight.gather(1, places.expand(-1, -1, *weight.shape[2:]))
