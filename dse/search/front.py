"""Fronts and hypervolume over error, latency, RAM and flash (moocore does the geometry).

Energy is active power times latency on one device, so it would repeat latency as an objective:
it is shown beside the front instead.
"""

from collections.abc import Iterable, Sequence

import moocore
import numpy as np
from numpy.typing import NDArray

from dse.search.trial import Price, Trial
from hw_models.budget import Budget

__all__ = ["OBJECTIVES", "front", "hypervolume", "knee", "objectives", "reference_point"]

OBJECTIVES = ("error", "latency_s", "ram_bytes", "flash_bytes")
_WORST_ERROR = 1.0


def objectives(trial: Trial) -> tuple[float, float, float, float]:
    """(error, latency, RAM, flash), all to be minimised; error 1 where there is no accuracy."""
    error = _WORST_ERROR if trial.accuracy is None else 1.0 - trial.accuracy
    price = trial.price
    return (error, price.latency_s, float(price.ram_bytes), float(price.flash_bytes))


def front(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """The complete trials that no other one dominates, most accurate first.

    Of several trials with equal objectives the earliest stands for all.
    """
    complete = sorted(
        (trial for trial in trials if trial.state == "complete"), key=lambda trial: trial.number
    )
    if not complete:
        return ()
    keep = moocore.is_nondominated(_matrix(complete))
    members = [trial for trial, kept in zip(complete, keep, strict=True) if kept]
    return tuple(sorted(members, key=lambda trial: (*objectives(trial), trial.number)))


def reference_point(budget: Budget, baseline: Price) -> tuple[float, float, float, float]:
    """Error 1 and the budget's bounds; without a latency bound, the uncompressed latency."""
    latency = budget.latency_s if budget.latency_s is not None else baseline.latency_s
    return (_WORST_ERROR, latency, float(budget.ram_bytes), float(budget.flash_bytes))


def hypervolume(trials: Iterable[Trial], reference: Sequence[float]) -> float:
    """Share of the box between the origin and the reference point that the trials dominate."""
    members = [trial for trial in trials if trial.state == "complete"]
    if not members:
        return 0.0
    scaled = _matrix(members) / np.asarray(reference)
    inside = scaled[(scaled < 1).all(axis=1)]
    return float(moocore.hypervolume(inside, ref=np.ones(scaled.shape[1]))) if len(inside) else 0.0


def knee(members: Sequence[Trial]) -> Trial:
    """The front's point nearest to its ideal point, every objective scaled to the front's range.

    Raises:
        ValueError: The front is empty.
    """
    if not members:
        raise ValueError("An empty front has no knee.")
    values = _matrix(members)
    span = np.ptp(values, axis=0)
    distance = ((values - values.min(axis=0)) / np.where(span > 0, span, 1.0)) ** 2
    return members[int(distance.sum(axis=1).argmin())]


def _matrix(trials: Sequence[Trial]) -> NDArray[np.float64]:
    return np.array([objectives(trial) for trial in trials], dtype=np.float64)
