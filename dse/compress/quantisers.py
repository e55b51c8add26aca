"""Fake quantisation with straight-through gradients, one function per number format."""

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from dse.compress.ranges import candidate_scales
from dse.compress.training import RangeRule
from hw_models.arithmetic import Q_MAX, Q_MIN, S4_MAX, S4_MIN, clamp_bounds
from hw_models.network import Activation, ActivationFormat, WeightFormat
from hw_models.weight_levels import is_power_of_two, level_bounds, weight_values

__all__ = [
    "Grid",
    "binarise",
    "fake_quantise",
    "grid_for",
    "is_byte",
    "range_rule",
    "search_scale",
    "weight_levels",
    "xnor_weight",
]

SMALLEST_RANGE = 1e-6


@dataclass(frozen=True)
class Grid:
    """A tensor's grid of 8 or 4 bits and the activation that its layer fuses.

    Args:
        scale: Real size of one level.
        zero_point: Integer that stands for 0.
        activation: Clamp of the layer that makes the tensor.
        format: Of the tensor: s8 or s4.
    """

    scale: float
    zero_point: int
    activation: Activation = "none"
    format: ActivationFormat = "s8"

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest real value, activation included."""
        low, high = clamp_bounds(self.activation, self.scale, self.zero_point, self.format)
        return (low - self.zero_point) * self.scale, (high - self.zero_point) * self.scale


def grid_for(low: float, high: float, tensor_format: ActivationFormat = "s8") -> tuple[float, int]:
    """(scale, zero point) of the smallest grid that holds low, 0 and high.

    >>> grid_for(0.0, 25.5)
    (0.1, -128)
    >>> grid_for(0.0, 1.5, "s4")
    (0.1, -8)
    """
    least, most = (S4_MIN, S4_MAX) if tensor_format == "s4" else (Q_MIN, Q_MAX)
    low, high = min(low, 0.0), max(high, 0.0)
    if high - low < SMALLEST_RANGE:
        high = low + 1.0
    scale = (high - low) / (most - least)
    return scale, min(max(round(least - low / scale), least), most)


class _Context(Protocol):
    bounds: tuple[float, float]
    needs_input_grad: tuple[bool, ...]

    @property
    def saved_tensors(self) -> tuple[Tensor, ...]: ...

    def save_for_backward(self, *tensors: Tensor) -> None: ...


class _FakeQuantise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: _Context, x: Tensor, scale: float, low: float, high: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.bounds = (low, high)
        return x.clamp(low, high).mul_(1.0 / scale).round_().mul_(scale)

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (x,) = ctx.saved_tensors
        inside = torch.ops.aten.hardtanh_backward(gradients[0], x, *ctx.bounds)
        return inside, None, None, None


def fake_quantise(x: Tensor, grid: Grid) -> Tensor:
    """Activation to its grid; the gradient passes where the value lies inside the bounds."""
    low, high = grid.bounds
    result: Tensor = _FakeQuantise.apply(x, grid.scale, low, high)  # type: ignore[no-untyped-call]
    return result


def _round(ratio: Tensor, weight_format: WeightFormat) -> Tensor:
    """The nearest levels; powers of two lie unevenly."""
    if not is_power_of_two(weight_format):
        low, high = level_bounds(weight_format)
        return ratio.round().clamp_(low, high)
    values = torch.tensor(weight_values(weight_format), dtype=ratio.dtype, device=ratio.device)
    return values[torch.bucketize(ratio, (values[1:] + values[:-1]) / 2)]


class _RoundLevels(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: _Context, weight: Tensor, scale: Tensor, weight_format: WeightFormat
    ) -> Tensor:
        ratio = weight / scale
        levels = _round(ratio, weight_format)
        bound = float(level_bounds(weight_format)[1])
        ctx.save_for_backward(ratio, levels)
        ctx.bounds = (-bound - 0.5, bound + 0.5)
        return levels * scale

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor, Tensor | None, None]:
        ratio, levels = ctx.saved_tensors
        inside = torch.ops.aten.hardtanh_backward(gradients[0], ratio, *ctx.bounds)
        if not ctx.needs_input_grad[1]:
            return inside, None, None
        along = (gradients[0] * levels - inside * ratio).sum((1, 2, 3), keepdim=True)
        return inside, along / math.sqrt(ratio[0].numel() * (ctx.bounds[1] - 0.5)), None


def weight_levels(weight: Tensor, scale: Tensor, weight_format: WeightFormat) -> Tensor:
    """Weights rounded to levels times scale, per output channel.

    Args:
        weight: (outputs, inputs, height, width); its gradient passes where it is not clipped.
        scale: (outputs, 1, 1, 1); where it is trained, its gradient is that of Esser 2020 (LSQ):
            sum g (q - 1{inside} w / s) / sqrt(weights of the output * largest level).
        weight_format: Any but xnor.
    """
    result: Tensor = _RoundLevels.apply(weight, scale, weight_format)  # type: ignore[no-untyped-call]
    return result


def is_byte(weight_format: WeightFormat) -> bool:
    """Whether the levels are all those of 8 bits."""
    return weight_format in ("s8", "sparse8")


def range_rule(weight_format: WeightFormat, asked: str) -> RangeRule:
    """The rule of a format's scale: by-format is min-max for 8 bits, and mse below."""
    if asked == "min-max" or (asked == "by-format" and is_byte(weight_format)):
        return "min-max"
    return "percentile" if asked == "percentile" else "mse"


def search_scale(
    weight: Tensor, weight_format: WeightFormat, asked: str = "by-format", percentile: float = 100.0
) -> Tensor:
    """(outputs, 1, 1, 1) scales; a dead channel has the smallest positive one, and levels 0.

    Args:
        weight: (outputs, inputs, height, width).
        weight_format: Any but xnor.
        asked: A range rule, or by-format.
        percentile: Of the percentile rule, in percent of a channel's weights.
    """
    rule = range_rule(weight_format, asked)
    bound = float(level_bounds(weight_format)[1])
    flat = weight.detach().flatten(1)
    size = flat.abs()
    if rule == "percentile":
        largest = torch.quantile(size, percentile / 100.0, dim=1)
    else:
        largest = size.amax(1)
    largest = largest.clamp_min(torch.finfo(flat.dtype).tiny * 2**24)
    if rule != "mse":
        return (largest / bound)[:, None, None, None]
    candidates = candidate_scales(largest, bound)
    scaled = flat / candidates[:, :, None]
    error = (scaled - _round(scaled, weight_format)).mul_(candidates[:, :, None])
    best = error.square_().sum(2).argmin(0)
    return candidates.gather(0, best[None])[0][:, None, None, None]


class _XnorWeight(torch.autograd.Function):
    @staticmethod
    def forward(ctx: _Context, weight: Tensor) -> Tensor:
        signs = torch.where(weight >= 0, 1.0, -1.0)
        alpha = weight.abs().mean((1, 2, 3), keepdim=True)
        ctx.save_for_backward(weight, signs, alpha)
        return signs * alpha

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> Tensor:
        weight, signs, alpha = ctx.saved_tensors
        (outer,) = gradients
        along = (outer * signs).mean((1, 2, 3), keepdim=True)
        gradient: Tensor = alpha * (weight.abs() <= 1) * outer + signs * along
        return gradient


def xnor_weight(weight: Tensor) -> Tensor:
    """Alpha sign(W), alpha = mean |W| per output channel.

    The gradient is alpha 1{|W| <= 1} g + sign(W) / n sum_j g_j sign(W_j) (arXiv 2108.06128).
    """
    result: Tensor = _XnorWeight.apply(weight)  # type: ignore[no-untyped-call]
    return result


class _Binarise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: _Context, x: Tensor, threshold: Tensor, window: Tensor) -> Tensor:
        distance = (x - threshold) / window
        ctx.save_for_backward(distance, window)
        return torch.where(distance >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        distance, window = ctx.saved_tensors
        inside = torch.ops.aten.hardtanh_backward(gradients[0], distance, -1.0, 1.0) / window
        return inside, -inside.sum((0, 2, 3), keepdim=True), None


def binarise(x: Tensor, threshold: Tensor, window: Tensor) -> Tensor:
    """±1: +1 where x >= threshold; the gradient passes where |x - threshold| < window.

    Args:
        x: (n, channels, height, width).
        threshold: (1, channels, 1, 1), trained.
        window: (1, channels, 1, 1); the channel's spread, so that the gradient is that of
            sign(batch norm(x)).
    """
    result: Tensor = _Binarise.apply(x, threshold, window)  # type: ignore[no-untyped-call]
    return result
