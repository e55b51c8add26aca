"""Rank correlations against those of scipy, and their intervals."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from dse.bench.rank_figures import kendall_tau, rank_figure


@pytest.mark.parametrize("seed", range(8))
def test_tau_is_that_of_scipy(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 4 + 3 * seed, (2, 25)).astype(float)
    assert kendall_tau(first, second) == pytest.approx(kendalltau(first, second).statistic)


def test_equal_estimates_rank_nothing():
    assert kendall_tau(np.ones(5), np.arange(5.0)) == 0.0


def test_the_interval_holds_the_figure_and_narrows_with_more_configurations():
    rng = np.random.default_rng(0)
    truths = rng.normal(size=160)
    estimates = truths + 0.5 * rng.normal(size=160)
    few, many = (rank_figure(estimates[:count], truths[:count]) for count in (20, 160))
    for one in (few, many):
        assert one.low < one.tau < one.high
    assert many.high - many.low < 0.6 * (few.high - few.low)
    perfect = rank_figure(truths, truths)
    assert (perfect.tau, perfect.low, perfect.high) == (1.0, 1.0, 1.0)
