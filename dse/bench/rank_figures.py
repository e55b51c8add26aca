"""Kendall's tau with a bootstrap interval, and what a rung of the ladder is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["RankFigure", "kendall_tau", "rank_figure"]

RESAMPLES = 4000
_TAIL_PCT = 2.5
_SEED = 7

Values = NDArray[np.float64]


@dataclass(frozen=True)
class RankFigure:
    """A rank correlation.

    Args:
        tau: Kendall's tau-b.
        low: Lower end of its 95 % bootstrap interval over the configurations.
        high: Upper end.
    """

    tau: float
    low: float
    high: float


def kendall_tau(first: Values, second: Values) -> float:
    """Kendall's tau-b; 0 where one side is all equal.

    >>> kendall_tau(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])).__round__(3)
    0.333
    """
    return _tau(_signs(first), _signs(second))


def rank_figure(estimates: Sequence[float], truths: Sequence[float]) -> RankFigure:
    """Tau between estimates and truths of the same configurations, and its interval.

    The configurations are drawn with replacement, percentile bootstrap (Efron 1979).
    """
    first, second = (_signs(np.asarray(one, dtype=np.float64)) for one in (estimates, truths))
    rng = np.random.default_rng(_SEED)
    draws = rng.integers(len(first), size=(RESAMPLES, len(first)))
    taus = [_tau(first[np.ix_(one, one)], second[np.ix_(one, one)]) for one in draws]
    low, high = np.percentile(taus, [_TAIL_PCT, 100 - _TAIL_PCT])
    return RankFigure(_tau(first, second), float(low), float(high))


def _signs(values: Values) -> Values:
    return np.sign(values[:, None] - values[None, :])


def _tau(first: Values, second: Values) -> float:
    untied = float(np.sqrt((first != 0).sum() * (second != 0).sum(dtype=np.float64)))
    return float((first * second).sum()) / untied if untied else 0.0
