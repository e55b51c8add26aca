"""Trainable weighted layers: levels with a scale, or xnor with batch norm."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from dse.compress.graph import dot, to_rows
from dse.compress.quantisers import (
    Grid,
    binarise,
    is_byte,
    range_rule,
    search_scale,
    weight_levels,
    xnor_weight,
)
from dse.compress.shift_latents import ShiftLatents
from dse.compress.training import Training
from dse.parameters import LayerParameters
from hw_models.arithmetic import Q_MAX, Q_MIN
from hw_models.network import Layer
from hw_models.weight_levels import is_power_of_two

__all__ = ["LevelLayer", "XnorLayer", "make_layer", "to_torch_weight"]

EPSILON = 1e-5
MOMENTUM = 0.1
PADDING_BIT = -1.0


def to_torch_weight(parameters: LayerParameters) -> Tensor:
    """(outputs, height, width, inputs) to torch's (outputs, inputs, height, width)."""
    return (
        torch.from_numpy(parameters.weight)
        .permute(0, 3, 1, 2)
        .clone(memory_format=torch.contiguous_format)
    )


@torch.no_grad()
def largest_of_rows(weight: Tensor, count: int) -> Tensor:
    """1 at the `count` largest |weights| of every output, the first of equal ones, else 0."""
    order = weight.abs().flatten(1).argsort(dim=1, descending=True, stable=True)
    mask = torch.zeros_like(weight).flatten(1).scatter_(1, order[:, :count], 1.0)
    return mask.reshape(weight.shape)


class LevelLayer(nn.Module):
    """A conv, depthwise or linear layer whose weights are levels times a scale per output.

    A scale that is max|w| over the largest level follows the weights; that of other formats and
    rules is a parameter, as its logarithm. S3 puts latents in the place of the weights. Of sparse8
    weights each output keeps those that the mask says, at first the largest.
    """

    mask: Tensor | None

    def __init__(self, layer: Layer, parameters: LayerParameters, how: Training) -> None:
        super().__init__()
        if layer.weight_format is None or layer.weight_format == "xnor":
            raise ValueError(f"{layer.name} has no levels: {layer.weight_format=}")
        self.layer = layer
        self.how = how
        self.format = layer.weight_format
        self.weight = nn.Parameter(to_torch_weight(parameters))
        self.bias = nn.Parameter(torch.from_numpy(parameters.bias).clone())
        self.log_scale: nn.Parameter | None = None
        self.latents: ShiftLatents | None = None
        self.register_buffer("mask", None)
        if layer.row_nonzeros is not None:
            self.mask = largest_of_rows(self.weight, layer.row_nonzeros)
        if range_rule(self.format, how.weight_ranges) != "min-max" or not is_byte(self.format):
            self.log_scale = nn.Parameter(self.searched_scale().log(), how.scales == "learned")
        if how.powers == "s3" and is_power_of_two(self.format):
            self.latents = ShiftLatents(self.weight / self.scale, self.format)
            self.weight.requires_grad_(False)

    @property
    def scale(self) -> Tensor:
        """(outputs, 1, 1, 1) real size of a level."""
        return self.searched_scale() if self.log_scale is None else self.log_scale.exp()

    def searched_scale(self) -> Tensor:
        """The scale that the range rule gives the present weights."""
        rule, percentile = self.how.weight_ranges, self.how.percentile
        return search_scale(self.kept_weight(), self.format, rule, percentile)

    def quantised_weight(self) -> Tensor:
        """Weights as the integer program has them, times their scale."""
        if self.latents is not None:
            levels: Tensor = self.latents()
            return levels * self.scale
        return weight_levels(self.kept_weight(), self.scale, self.format)

    def kept_weight(self) -> Tensor:
        """The weights, 0 where they are pruned."""
        return self.weight if self.mask is None else self.weight * self.mask

    @torch.no_grad()
    def follow(self) -> None:
        """Search a scale that is not learned again, after the weights have moved."""
        if self.log_scale is not None and self.latents is None and self.how.scales == "calibrated":
            self.log_scale.copy_(self.searched_scale().log())

    def forward(self, x: Tensor, grid: Grid | None) -> Tensor:
        """Before the activation; a float layer where the input has no grid."""
        weight = self.kept_weight() if grid is None else self.quantised_weight()
        return dot(self.layer, x, weight, self.bias)

    @torch.no_grad()
    def adjust(self, gain: Tensor, shift: Tensor) -> None:
        """Multiply the output by a gain and add a shift, per channel; the levels stay."""
        column = gain[:, None, None, None]
        self.weight.mul_(column)
        if self.log_scale is not None:
            self.log_scale.add_(column.log())
        self.bias.mul_(gain).add_(shift)


class XnorLayer(nn.Module):
    """A conv or linear layer with ±1 weights and inputs and a batch norm behind.

    Thresholds are centre + window * offset: the offset is trained and has no unit.
    """

    centre: Tensor
    window: Tensor
    mean: Tensor
    variance: Tensor

    def __init__(self, layer: Layer, parameters: LayerParameters) -> None:
        super().__init__()
        self.layer = layer
        self.weight = nn.Parameter(to_torch_weight(parameters))
        self.float_bias = torch.from_numpy(parameters.bias).clone()
        inputs, outputs = self.weight.shape[1], self.weight.shape[0]
        self.offset = nn.Parameter(torch.zeros(1, inputs, 1, 1))
        self.gamma = nn.Parameter(torch.ones(outputs))
        self.beta = nn.Parameter(self.float_bias.clone())
        self.register_buffer("centre", torch.zeros(1, inputs, 1, 1))
        self.register_buffer("window", torch.ones(1, inputs, 1, 1))
        self.register_buffer("mean", torch.zeros(outputs))
        self.register_buffer("variance", torch.ones(outputs))

    @torch.no_grad()
    def project(self) -> None:
        """Centre the latent weights over the input channels and clamp them to [-1, 1]."""
        self.weight.sub_(self.weight.mean(1, keepdim=True)).clamp_(-1.0, 1.0)

    def thresholds(self, grid: Grid) -> Tensor:
        """(1, inputs, 1, 1) whole int8 thresholds: q >= threshold exactly where x >= real one."""
        real = self.centre + self.window * self.offset
        return torch.ceil(real / grid.scale + grid.zero_point).clamp(Q_MIN, Q_MAX)

    def bits(self, x: Tensor, grid: Grid) -> Tensor:
        """±1 inputs of the dot product."""
        if self.layer.op == "linear":
            x = to_rows(x)[:, :, None, None]
        real = self.centre + self.window * self.offset
        # Half a level below the integer threshold, so that float rounding decides nothing.
        exact = (self.thresholds(grid) - (0.5 + grid.zero_point)) * grid.scale
        return binarise(x, real + (exact - real).detach(), self.window)

    def scaled_dot(self, x: Tensor, grid: Grid) -> Tensor:
        """Alpha times the ±1 dot product."""
        weight = xnor_weight(self.weight)
        return dot(self.layer, self.bits(x, grid), weight, None, PADDING_BIT)

    def forward(self, x: Tensor, grid: Grid | None) -> Tensor:
        """Before the activation; a float layer where the input has no grid."""
        if grid is None:
            return dot(self.layer, x, self.weight, self.float_bias.to(x.device))
        return functional.batch_norm(
            self.scaled_dot(x, grid),
            self.mean,
            self.variance,
            self.gamma,
            self.beta,
            self.training,
            MOMENTUM,
            EPSILON,
        )

    @torch.no_grad()
    def place_thresholds(self, x: Tensor) -> None:
        """Thresholds at the channel means of the input, windows one standard deviation wide."""
        if self.layer.op == "linear":
            x = to_rows(x)[:, :, None, None]
        spread, mean = torch.std_mean(x, (0, 2, 3), keepdim=True, correction=0)
        floor = 0.1 * spread.mean().clamp_min(1e-6)
        self.centre, self.window = mean, spread.clamp_min(float(floor))

    @torch.no_grad()
    def estimate_norm(self, x: Tensor, grid: Grid) -> None:
        """Set the batch norm's statistics from the layer's input."""
        variance, mean = torch.var_mean(self.scaled_dot(x, grid), (0, 2, 3), correction=0)
        self.mean, self.variance = mean, variance

    @torch.no_grad()
    def match(self, mean: Tensor, spread: Tensor) -> None:
        """Make the batch norm give these channel statistics."""
        self.beta.copy_(mean)
        self.gamma.copy_(spread)


def make_layer(layer: Layer, parameters: LayerParameters, how: Training) -> LevelLayer | XnorLayer:
    """The trainable form of a weighted layer."""
    if layer.weight_format == "xnor":
        return XnorLayer(layer, parameters)
    return LevelLayer(layer, parameters, how)
