import numpy as np
import pytest
import torch

from dse.compress import build_module, transfer
from dse.compress.gradual import cubic_share, float_twin, parameters_of, prune_gradually
from dse.compress.importance import filter_norms
from dse.compress.training import DEFAULT_TRAINING, Training
from search_spaces import Configuration, build_space
from search_spaces.choices import full_width
from search_spaces.options import Width
from search_spaces.rewrite import rewrite


def test_the_share_follows_the_cubic_schedule():
    # s_t = s_f + (s_i - s_f) (1 - t / n)³ with s_i = 0, as a share of s_f.
    for step in range(11):
        assert cubic_share(step, 10) == pytest.approx(1 - (1 - step / 10) ** 3)
    assert cubic_share(12, 10) == 1.0


def narrow(space):
    """Every group at a quarter, the last cut point with its head."""
    choices = []
    for site in space.sites:
        last = site.options[-1] if site.kind in ("width", "depth") else site.options[0]
        choices.append((site.name, last))
    return Configuration(tuple(choices))


@pytest.mark.parametrize("cut", [False, True])
def test_silent_channels_are_those_that_go(make_residual, make_parameters, digits, cut):
    network = make_residual()
    space = build_space(network, depth=cut)
    chosen = space.canonical(narrow(space))
    assert any(option == Width(0.25) for _, option in chosen.choices)
    target, wide = (rewrite(network, space, one) for one in (chosen, full_width(chosen)))
    parameters = transfer(make_parameters(network, 0), network, space, full_width(chosen), 0)[1]
    twin = float_twin(wide)
    judged = []

    def judge(own):
        judged.append(own)
        return filter_norms(twin, own, "l2")

    losses = []
    made = prune_gradually(
        wide,
        parameters,
        target,
        digits[0][:384],
        digits[1][:384],
        judge,
        lambda _: {},
        how=DEFAULT_TRAINING,
        epochs=2,
        seed=0,
        progress=lambda _, loss: losses.append(loss),
    )
    x = torch.from_numpy(digits[2][:20])
    with torch.no_grad():
        whole = build_module(twin, judged[-1])(x)
        small = build_module(float_twin(target), made)(x)
    torch.testing.assert_close(small, whole, rtol=1e-4, atol=1e-4)
    silent = [int((np.abs(one["c1"].weight).sum((1, 2, 3)) == 0).sum()) for one in judged]
    assert silent == sorted(silent)
    assert silent[-1] == 12 - target.layer("c1").shape[2]
    assert len(set(silent)) > 3
    assert losses[1] < losses[0]


def test_samples_are_changed_while_channels_go(make_residual, make_parameters, digits):
    network = make_residual()
    space = build_space(network, depth=False)
    chosen = narrow(space)
    target, wide = (rewrite(network, space, one) for one in (chosen, full_width(chosen)))
    plain, shifted, again = (
        prune_gradually(
            wide,
            make_parameters(network, 0),
            target,
            digits[0][:64],
            digits[1][:64],
            lambda own: filter_norms(float_twin(wide), own, "l2"),
            lambda _: {},
            how=Training(time_shift=shift),
            epochs=1,
            seed=0,
        )["c2"].weight
        for shift in (0.0, 0.3, 0.3)
    )
    assert np.array_equal(shifted, again)
    assert plain.shape != shifted.shape or not np.allclose(plain, shifted, atol=1e-4)


def test_parameters_of_a_module_are_what_it_was_built_from(make_residual, make_parameters):
    network = make_residual()
    parameters = make_parameters(network, 1)
    for name, own in parameters_of(build_module(network, parameters)).items():
        assert np.array_equal(own.weight, parameters[name].weight)
        assert np.array_equal(own.bias, parameters[name].bias)
