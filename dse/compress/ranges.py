"""Post-training ranges: what a grid or a weight scale spans, by a rule."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dse.compress.training import RangeRule

__all__ = ["activation_range", "candidate_scales"]

HISTOGRAM_BINS = 4096
CANDIDATES = 24


def activation_range(
    value: Tensor, rule: RangeRule, percentile: float, levels: int = 256
) -> tuple[float, float]:
    """The smallest and largest value that a tensor's grid should hold.

    Args:
        value: Of any shape.
        rule: min-max, percentile (cuts both tails) or mse (least squared error of rounding and
            cutting; the ends shrink together).
        percentile: Of the percentile rule, in percent.
        levels: Of the grid.
    """
    low, high = (float(bound) for bound in torch.aminmax(value))
    if rule == "min-max" or not high > low or not np.isfinite([low, high]).all():
        return low, high
    counts = torch.histc(value.float(), HISTOGRAM_BINS, low, high).cpu().numpy().astype(np.float64)
    step = (high - low) / HISTOGRAM_BINS
    if rule == "mse":
        centres = low + step * (np.arange(HISTOGRAM_BINS, dtype=np.float64) + 0.5)
        return _least_error(centres, counts, (low, high), levels)
    total = counts.cumsum()
    tail = (1.0 - percentile / 100.0) * float(total[-1])
    first, last = np.searchsorted(total, [tail, float(total[-1]) - tail])
    return low + float(first) * step, low + float(last + 1) * step


def candidate_scales(largest: Tensor, bound: float) -> Tensor:
    """(candidates, channels) scales up to the one whose last level is the largest weight."""
    fractions = torch.linspace(1 / CANDIDATES, 1.0, CANDIDATES, device=largest.device)
    return (largest / bound) * fractions[:, None]


def _least_error(
    centres: NDArray[np.float64],
    counts: NDArray[np.float64],
    ends: tuple[float, float],
    levels: int,
) -> tuple[float, float]:
    best, least = ends, np.inf
    for fraction in np.linspace(1.0, 1 / CANDIDATES, CANDIDATES):
        low, high = min(ends[0] * fraction, 0.0), max(ends[1] * fraction, 0.0)
        step = (high - low) / (levels - 1)
        rounded = np.clip(np.round((centres - low) / step), 0, levels - 1) * step + low
        error = float((counts * np.square(rounded - centres)).sum())
        if error < least:
            best, least = (ends[0] * float(fraction), ends[1] * float(fraction)), error
    return best
