import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dse.compress.quantisers import search_scale
from dse.compress.ranges import activation_range


def error(values, low, high, levels):
    step = (high - low) / (levels - 1)
    rounded = np.clip(np.round((values - low) / step), 0, levels - 1) * step + low
    return float(np.square(rounded - values).sum())


def test_percentiles_leave_a_share_outside():
    value = torch.linspace(0, 1, 100_000)
    low, high = activation_range(value, "percentile", 99.0)
    assert low == pytest.approx(0.01, abs=1e-3)
    assert high == pytest.approx(0.99, abs=1e-3)


@given(st.integers(0, 1000), st.sampled_from([16, 256]))
def test_mse_is_never_worse_than_the_extremes(seed, levels):
    rng = np.random.default_rng(seed)
    values = np.maximum(rng.standard_t(3, 4000), 0.0).astype(np.float32)
    low, high = activation_range(torch.from_numpy(values), "mse", 99.9, levels)
    whole = error(values, 0.0, float(values.max()), levels)
    assert error(values, low, high, levels) <= 1.001 * whole
    if levels == 16:
        assert high < values.max()


def test_one_value_and_infinities_pass_through():
    assert activation_range(torch.zeros(4), "mse", 99.0) == (0.0, 0.0)
    assert activation_range(torch.tensor([0.0, np.inf]), "mse", 99.0)[1] == np.inf


def test_weight_scales_follow_their_rule():
    weight = torch.arange(1.0, 101.0).reshape(1, 100, 1, 1)
    assert search_scale(weight, "s4", "min-max").item() == pytest.approx(100 / 7)
    assert search_scale(weight, "s4", "percentile", 50.0).item() == pytest.approx(50.5 / 7)
    assert search_scale(weight, "s8").item() == pytest.approx(100 / 127)
    assert search_scale(weight, "s4", "mse").item() <= 100 / 7
