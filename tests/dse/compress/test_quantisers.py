import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dse.compress.quantisers import (
    Grid,
    binarise,
    fake_quantise,
    grid_for,
    search_scale,
    weight_levels,
    xnor_weight,
)
from hw_models.arithmetic import level_bounds, quantise
from hw_models.weight_levels import nearest_levels


def gradient_of(function, *inputs, outer):
    """Gradients of all inputs for a given gradient of the output."""
    leaves = [one.clone().requires_grad_() for one in inputs]
    function(*leaves).backward(outer)
    return [leaf.grad for leaf in leaves]


@given(st.floats(-100, 100), st.floats(0, 100))
def test_a_grid_holds_its_range_and_zero(low, width):
    scale, zero_point = grid_for(low, low + width)
    assert -128 <= zero_point <= 127
    assert scale * (-128 - zero_point) <= min(low, 0) + 0.5001 * scale
    assert scale * (127 - zero_point) >= max(low + width, 0) - 0.5001 * scale


@pytest.mark.parametrize("activation", ["none", "relu", "relu6"])
def test_fake_quantisation_is_the_integer_grid(activation):
    grid = Grid(*grid_for(-1.5, 7.0), activation)
    x = torch.linspace(-3, 9, 1001)
    low, high = (round(bound / grid.scale) + grid.zero_point for bound in grid.bounds)
    levels = np.clip(quantise(x.numpy(), grid.scale, grid.zero_point), low, high)
    expected = grid.scale * (levels.astype(float) - grid.zero_point)
    np.testing.assert_allclose(fake_quantise(x, grid).numpy(), expected, atol=1e-5)


def test_activation_gradient_passes_inside_the_bounds_only():
    grid = Grid(*grid_for(0.0, 2.0), "relu")
    x = torch.tensor([-0.5, 0.3, 1.9, 2.5])
    (gradient,) = gradient_of(lambda v: fake_quantise(v, grid), x, outer=torch.full((4,), 3.0))
    assert gradient.tolist() == [0.0, 3.0, 3.0, 0.0]


@pytest.mark.parametrize("weight_format", ["s8", "s4", "s2", "p4", "p3", "p2"])
def test_weights_have_whole_levels_within_bounds(weight_format):
    weight = torch.randn(5, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    scale = search_scale(weight, weight_format)
    levels = (weight_levels(weight, scale, weight_format) / scale).numpy()
    assert np.abs(levels - np.round(levels)).max() < 1e-4
    assert np.abs(levels).max() <= level_bounds(weight_format)[1] + 1e-4
    largest = weight.abs().amax((1, 2, 3), keepdim=True) / level_bounds(weight_format)[1]

    def error(at):
        return (weight_levels(weight, at, weight_format) - weight).square().sum((1, 2, 3))

    assert (error(scale) <= error(largest) + 1e-6).all()
    if weight_format == "s8":
        torch.testing.assert_close(scale, largest)


@pytest.mark.parametrize("weight_format", ["p4", "p3", "p2"])
def test_power_of_two_levels_are_the_nearest(weight_format):
    weight = torch.linspace(-90, 90, 1441).reshape(1, -1, 1, 1) + 0.03
    scale = torch.ones(1, 1, 1, 1)
    levels = weight_levels(weight, scale, weight_format).flatten().numpy()
    np.testing.assert_array_equal(levels, nearest_levels(weight.flatten().numpy(), weight_format))
    (gradient,) = gradient_of(
        lambda w: weight_levels(w, scale, weight_format), weight, outer=torch.ones_like(weight)
    )
    bound = level_bounds(weight_format)[1] + 0.5
    np.testing.assert_array_equal(gradient.flatten() != 0, weight.flatten().abs() < bound)


def test_a_dead_channel_has_a_positive_scale_and_no_levels():
    for weight_format in ("s8", "s4", "s2", "p4", "p3"):
        weight = torch.zeros(2, 1, 3, 3)
        scale = search_scale(weight, weight_format)
        assert (scale > 0).all()
        assert (weight_levels(weight, scale, weight_format) == 0).all()


def test_the_scale_gradient_is_that_of_lsq():
    weight = torch.tensor([0.3, -0.8, 2.0]).reshape(1, 3, 1, 1)
    scale = torch.full((1, 1, 1, 1), 0.5)
    outer = torch.tensor([1.0, 10.0, 100.0]).reshape(1, 3, 1, 1)
    on_weight, on_scale = gradient_of(
        lambda w, s: weight_levels(w, s, "s2"), weight, scale, outer=outer
    )
    # Ratios 0.6, -1.6, 4.0: the first is inside, the others are clipped to -1 and 1.
    assert on_weight.flatten().tolist() == [1.0, 0.0, 0.0]
    # Three weights, largest level 1.
    expected = ((1 - 0.6) * 1 - 1 * 10 + 1 * 100) / 3**0.5
    assert on_scale.item() == pytest.approx(expected)


def test_xnor_weights_and_their_gradient_follow_the_formula():
    rng = np.random.default_rng(1)
    weight = rng.normal(0, 0.8, (4, 3, 3, 2)).astype(np.float32)
    outer = rng.normal(0, 1, weight.shape).astype(np.float32)
    made = xnor_weight(torch.from_numpy(weight)).numpy()
    (gradient,) = gradient_of(xnor_weight, torch.from_numpy(weight), outer=torch.from_numpy(outer))
    for w, g, out, got in zip(weight, outer, made, gradient.numpy(), strict=True):
        alpha, sign = np.abs(w).mean(), np.sign(w)
        np.testing.assert_allclose(out, alpha * sign, rtol=1e-5)
        expected = alpha * (np.abs(w) <= 1) * g + sign / w.size * (g * sign).sum()
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)


def test_binarisation_has_a_window_around_its_threshold():
    x = torch.tensor([-1.0, 0.4, 0.5, 0.9, 3.0]).reshape(5, 1, 1, 1)
    threshold, window = torch.full((1, 1, 1, 1), 0.5), torch.full((1, 1, 1, 1), 2.0)
    assert binarise(x, threshold, window).flatten().tolist() == [-1, -1, 1, 1, 1]
    outer = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]).reshape(5, 1, 1, 1)
    on_x, on_threshold = gradient_of(lambda v, t: binarise(v, t, window), x, threshold, outer=outer)
    assert on_x.flatten().tolist() == [0.5, 1.0, 1.5, 2.0, 0.0]
    assert on_threshold.item() == -5.0


def test_a_grid_of_4_bits_has_16_levels():
    grid = Grid(*grid_for(-1.0, 2.0, "s4"), format="s4")
    levels = fake_quantise(torch.linspace(-9, 9, 1000), grid).div(grid.scale).round().unique()
    assert (levels + grid.zero_point).tolist() == list(range(-8, 8))
    assert Grid(*grid_for(0.0, 9.0, "s4"), "relu6", "s4").bounds == pytest.approx((0.0, 6.0))
