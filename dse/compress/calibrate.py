"""Calibration: grids, thresholds and channel statistics from data, without training.

Layers are visited in running order on data that the layers before have already quantised. Every
weighted layer's output is brought back to the channel means and spreads that the uncompressed
network has there: this is what re-estimating batch norm does, and works after pruning, too.
Where several layers share a grid, those in front of a concat, a first pass finds what it must span.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dse.compress.graph import from_hwc, walk
from dse.compress.layers import LevelLayer, XnorLayer
from dse.compress.module import TrainableNetwork, build_module, clamp
from dse.compress.quantisers import Grid, fake_quantise, grid_for
from dse.compress.ranges import activation_range
from dse.compress.training import Training
from dse.parameters import Parameters
from hw_models.arithmetic import SHARES_QUANTISATION
from hw_models.errors import DataError, ModelError
from hw_models.network import ActivationFormat, Layer, Network

__all__ = [
    "ChannelStatistics",
    "Reference",
    "calibrate",
    "channel_statistics",
    "estimate_norms",
    "observe_again",
    "to_tensor",
]

GAIN_BOUND = 4.0


@dataclass(frozen=True)
class ChannelStatistics:
    """Mean and standard deviation of a layer's output before its activation, (channels,)."""

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]


Reference = Mapping[str, ChannelStatistics]


def to_tensor(module: TrainableNetwork, x: NDArray[np.float32]) -> Tensor:
    """Data (n, height, width, channels) on the module's device.

    Raises:
        DataError: No data, or data of another shape than the network's input.
    """
    shape = module.network.input.shape
    if x.ndim != 4 or x.shape[1:] != shape or len(x) == 0:
        raise DataError(
            "The data do not fit the network's input.",
            where=f"network {module.network.name!r}",
            got=x.shape,
            allowed=("n >= 1", *shape),
        )
    device = next(module.parameters()).device
    # Axes of size 1 may have any stride, and torch reads other memory formats from them, which
    # round differently: through one flat axis the strides are those of the shape.
    flat = np.ascontiguousarray(x, dtype=np.float32).ravel()
    return torch.from_numpy(flat).reshape(x.shape).to(device)


@torch.no_grad()
def channel_statistics(
    network: Network, parameters: Parameters, x: NDArray[np.float32]
) -> dict[str, ChannelStatistics]:
    """The statistics of every weighted layer in the float network.

    Args:
        network: The uncompressed network; formats do not matter.
        parameters: Its parameters.
        x: (n, height, width, channels) calibration data.
    """
    return _own_statistics(build_module(network, parameters), x)


@torch.no_grad()
def calibrate(
    module: TrainableNetwork,
    x: NDArray[np.float32],
    reference: Reference | None = None,
) -> None:
    """Set grids, scales, thresholds and batch norms of a module from data.

    Args:
        module: Changed in place; afterwards it computes with quantised values.
        x: (n, height, width, channels) calibration data.
        reference: Statistics to match, by layer; by default those of the module's own float
            weights. Layers that are not in it, those of a new head, get mean 0 and spread 1.

    Raises:
        DataError: The data do not fit the network.
        ModelError: A tensor has values that are not finite.
    """
    if reference is None:
        reference = _own_statistics(module, x)
    module.project()
    _pass(module, x, reference)


def observe_again(module: TrainableNetwork, x: NDArray[np.float32]) -> None:
    """Follow weights that training has moved: scales, batch norm statistics and grids."""
    module.follow()
    _pass(module, x, None)


@torch.no_grad()
def estimate_norms(module: TrainableNetwork, x: NDArray[np.float32]) -> None:
    """Re-estimate the batch norm statistics of xnor layers; grids and scales stay."""
    if not any(layer.weight_format == "xnor" for layer in module.network.layers):
        return
    module.eval()

    def weighted(layer: Layer, source: Tensor) -> Tensor:
        child = module.child(layer)
        if isinstance(child, XnorLayer):
            child.estimate_norm(source, _grid_of_input(module, layer))
        return module.run_weighted(layer, source)

    walk(module.network, from_hwc(to_tensor(module, x)), weighted, module.finish)


@torch.no_grad()
def _pass(
    module: TrainableNetwork,
    x: NDArray[np.float32],
    reference: Reference | None,
) -> None:
    shared = _shared_owners(module)
    spans: dict[str, tuple[float, float]] = {}
    if shared:
        before = {name: value.clone() for name, value in module.state_dict().items()}
        _visit(module, x, reference, shared, spans)
        module.load_state_dict(before)
    _visit(module, x, reference, shared, spans)


def _shared_owners(module: TrainableNetwork) -> frozenset[str]:
    """The owners of grids for what several layers make."""
    network = module.network
    makers = [layer.name for layer in network.layers if layer.op not in SHARES_QUANTISATION]
    counts = Counter(module.owners[name] for name in (network.input.name, *makers))
    return frozenset(name for name, count in counts.items() if count > 1)


def _visit(
    module: TrainableNetwork,
    x: NDArray[np.float32],
    reference: Reference | None,
    shared: frozenset[str],
    spans: dict[str, tuple[float, float]],
) -> None:
    """One pass; `spans` are those of shared grids so far, and grow."""
    module.eval()
    module.grids = {}

    def weighted(layer: Layer, source: Tensor) -> Tensor:
        child = module.child(layer)
        target = None if reference is None else reference.get(layer.name, _standard(layer))
        if isinstance(child, XnorLayer):
            _prepare_xnor(child, source, _grid_of_input(module, layer), reference, target)
            return module.run_weighted(layer, source)
        value = module.run_weighted(layer, source)
        return value if target is None else _match(child, value, target)

    def finish(name: str, layer: Layer | None, value: Tensor) -> Tensor:
        if layer is not None:
            value = clamp(layer, value)
        if layer is not None and layer.op in SHARES_QUANTISATION:
            return value
        owner = module.owners[name]
        kind = module.network.tensor(name).format
        low, high = _range(value, module.how, kind)
        if not (math.isfinite(low) and math.isfinite(high)):
            raise ModelError(
                "The values of a tensor are not finite.",
                where=f"network {module.network.name!r}, tensor {name!r}",
                got=(low, high),
                cure="Check the scale of the data; if this came in training, train more slowly.",
            )
        if owner in shared:
            known = spans.get(owner, (low, high))
            low, high = spans[owner] = min(low, known[0]), max(high, known[1])
        grid = module.grids[owner] = Grid(*grid_for(low, high, kind), format=kind)
        return fake_quantise(value, grid)

    walk(module.network, from_hwc(to_tensor(module, x)), weighted, finish)


def _range(value: Tensor, how: Training, kind: ActivationFormat) -> tuple[float, float]:
    """The extremes are a poor range for 4 bits: that of least squared error takes their place."""
    is_narrow = kind == "s4"
    rule = "mse" if is_narrow and how.activation_ranges == "min-max" else how.activation_ranges
    return activation_range(value, rule, how.percentile, levels=16 if is_narrow else 256)


def _own_statistics(
    module: TrainableNetwork, x: NDArray[np.float32]
) -> dict[str, ChannelStatistics]:
    module.grids = {}
    result = {}

    def weighted(layer: Layer, source: Tensor) -> Tensor:
        value = module.run_weighted(layer, source)
        spread, mean = torch.std_mean(value, (0, 2, 3), correction=0)
        result[layer.name] = ChannelStatistics(mean.cpu().numpy(), spread.cpu().numpy())
        return value

    walk(module.network, from_hwc(to_tensor(module, x)), weighted, module.finish)
    return result


def _standard(layer: Layer) -> ChannelStatistics:
    channels = layer.shape[2]
    return ChannelStatistics(np.zeros(channels, np.float32), np.ones(channels, np.float32))


def _grid_of_input(module: TrainableNetwork, layer: Layer) -> Grid:
    grid = module.grid(layer.inputs[0])
    if grid is None:
        raise ValueError(f"{layer.inputs[0]} has no grid: calibrate first")
    return grid


def _prepare_xnor(
    child: XnorLayer,
    source: Tensor,
    grid: Grid,
    reference: Reference | None,
    target: ChannelStatistics | None,
) -> None:
    if reference is not None:
        child.place_thresholds(source)
    child.estimate_norm(source, grid)
    if target is not None:
        device = source.device
        child.match(
            torch.from_numpy(target.mean).to(device), torch.from_numpy(target.spread).to(device)
        )


def _match(child: LevelLayer, value: Tensor, target: ChannelStatistics) -> Tensor:
    spread, mean = torch.std_mean(value, (0, 2, 3), correction=0)
    wanted_mean = torch.from_numpy(target.mean).to(value.device)
    wanted_spread = torch.from_numpy(target.spread).to(value.device)
    gain = (wanted_spread / spread.clamp_min(1e-12)).clamp(1 / GAIN_BOUND, GAIN_BOUND)
    gain = torch.where(spread > 1e-6 * wanted_spread, gain, torch.ones_like(gain))
    shift = wanted_mean - gain * mean
    child.adjust(gain, shift)
    return value * gain[:, None, None] + shift[:, None, None]
