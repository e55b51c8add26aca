"""Coefficients of one kernel from few measured layers and what is known from another profile.

Bayesian least squares with non-negative coefficients. A layer is trusted to `LAYER_SPREAD` of its
cycles, a coefficient of the prior to `PRIOR_SPREAD` of itself; so a few dozen layers outvote the
prior, and a count that no layer exercises keeps its value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

__all__ = ["KernelFit", "fit_kernel", "relative_spread"]

LAYER_SPREAD = 0.02
PRIOR_SPREAD = 0.5
ABSENT_SHARE = 0.02
"""A coefficient that the prior sets to 0 may still explain this share of a layer's cycles."""

Floats = NDArray[np.float64]
Amounts = Mapping[str, float]


@dataclass(frozen=True)
class KernelFit:
    """A fitted kernel.

    Args:
        coefficients: Cycles per count.
        units: By which the counts are scaled in `covariance`, in the order of `coefficients`.
        covariance: Of the coefficients over their units.
    """

    coefficients: dict[str, float]
    units: Floats
    covariance: Floats


def fit_kernel(
    amounts: Sequence[Amounts],
    cycles: Sequence[float],
    prior: Amounts,
    known: Sequence[float] = (),
) -> KernelFit:
    """Fit one kernel.

    Args:
        amounts: Counts of each measured layer, all with the names of the prior.
        cycles: Measured, one a layer.
        prior: Expected cycles per count.
        known: Cycles of each layer that something else explains; none without.
    """
    names = list(prior)
    mean = np.array([prior[name] for name in names])
    rows = _relative(amounts, np.array(cycles, dtype=np.float64), names)
    peaks = rows.max(axis=0, initial=0.0)
    reach = np.divide(ABSENT_SHARE, peaks, out=np.ones(len(names)), where=peaks > 0)
    units = np.where(mean > 0, mean, reach)
    table = np.vstack([rows * units / LAYER_SPREAD, np.eye(len(names)) / PRIOR_SPREAD])
    share = 1 - np.array(known or np.zeros(len(rows))) / np.array(cycles)
    wanted = np.concatenate([share / LAYER_SPREAD, mean / units / PRIOR_SPREAD])
    solution, _ = nnls(table, wanted)
    values = (float(f"{value:.6g}") for value in solution * units)
    covariance: Floats = np.linalg.inv(table.T @ table).astype(np.float64)
    return KernelFit(dict(zip(names, values, strict=True)), units, covariance)


def relative_spread(fit: KernelFit, amounts: Amounts, cycles: float) -> float:
    """How far a layer's predicted cycles may be off, as a share: one standard deviation.

    Args:
        fit: Of the layer's kernel.
        amounts: The layer's counts.
        cycles: Predicted.
    """
    row = _relative([amounts], np.array([cycles]), list(fit.coefficients))[0] * fit.units
    return float(np.sqrt(row @ fit.covariance @ row))


def _relative(amounts: Sequence[Amounts], cycles: Floats, names: Sequence[str]) -> Floats:
    table = [[each[name] for name in names] for each in amounts]
    return np.array(table, dtype=np.float64).reshape(len(amounts), len(names)) / cycles[:, None]
