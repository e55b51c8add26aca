"""Calibration from few layers: the prior fills the gaps, measurements win where there are any."""

from dataclasses import replace

import numpy as np
import pytest

from hw_models.calibrate import layer_runs, read_measurements
from hw_models.calibration import calibrate, nearest_profile
from hw_models.errors import ConfigError, ModelError
from hw_models.estimate import layer_cycles
from hw_models.layer_text import parse_layer
from hw_models.network import Network, Tensor
from hw_models.prior_fit import fit_kernel, relative_spread
from hw_models.profile import CodeSize, load_profile, save_profile

FILE = "own_virtual.csv"


@pytest.fixture(scope="module")
def frame():
    from hw_models import calibrate as module

    path = module.Path(module.__file__).parent / "measurements" / FILE
    rows = read_measurements(path)
    return rows[rows["core"] == "cortex-m4"].reset_index(drop=True)


def first(frame, count):
    names = list(dict.fromkeys(frame["network"]))[:count]
    return frame[frame["network"].isin(names)], frame[~frame["network"].isin(names)]


def network_errors(profile, rows):
    """Absolute error in percent of each network."""
    totals = {}
    for run in layer_runs(rows):
        parts = (*run.others, (run.key, run.counts))
        cycles = sum(layer_cycles(profile, key, amounts) for key, amounts in parts)
        before = totals.get(run.network, (0, 0))
        totals[run.network] = (before[0] + cycles, before[1] + run.cycles)
    return np.array([100 * abs(got / want - 1) for got, want in totals.values()])


def test_eight_networks_and_the_prior_of_another_core_predict_the_rest(frame):
    """The M33's costs are far off on the M4; eight images mend that.

    One has binary tensors and two have a front end: what no image shows keeps the M33's costs.
    """
    prior = load_profile("dse-m33")
    names = list(dict.fromkeys(frame["network"]))
    kinds = {kind: [name for name in names if name.startswith(kind)] for kind in "mbf"}
    chosen = {*kinds["m"][:5], kinds["b"][0], *kinds["f"][:2]}
    is_chosen = frame["network"].isin(chosen)
    few, rest = frame[is_chosen], frame[~is_chosen]
    found = calibrate(few, "mine", "here", prior=prior)
    before, after = network_errors(prior, rest), network_errors(found.profile, rest)
    assert np.median(before) > 5
    assert np.median(after) < 2
    # Front ends and images of a few pixels are not among the eight.
    assert after.max() < 8
    assert set(found.profile.coefficients) == set(prior.coefficients)
    assert found.prior == "dse-m33"


def test_a_slower_board_scales_even_what_was_not_measured(frame):
    few, _ = first(frame, 2)
    slow = few.assign(cycles=few["cycles"] * 1.3)
    kept = slow[~slow["description"].str.contains('"op":"softmax"')]
    found = calibrate(kept, "mine", "here")
    assert found.scale == pytest.approx(1.3, rel=0.01)
    softmax = next(key for key in found.profile.coefficients if key.op == "softmax")
    base = load_profile("dse-m4").of(softmax)
    for name, value in found.profile.of(softmax).items():
        assert value == pytest.approx(base[name] * found.scale, rel=1e-4)
    assert "not measured, prior only" in found.profile.source
    assert "softmax s8 -" in found.profile.source
    assert "dse-m4 x 1.3" in found.profile.source


def test_many_layers_outvote_a_wrong_prior(frame):
    wrong = load_profile("dse-m4")
    wrong = replace(
        wrong,
        coefficients={
            key: {name: value * (2 if index % 2 else 0.5) for index, (name, value) in
                  enumerate(table.items())}
            for key, table in wrong.coefficients.items()
        },
    )  # fmt: skip
    found = calibrate(frame, "mine", "here", prior=wrong)
    # Each network left out, as on the card of the shipped profile, which had no prior.
    shipped = load_profile("dse-m4").errors
    assert found.profile.errors.worst_percent <= shipped.worst_percent
    # A group's convolution has so few channels that what is not counted shows.
    limits = {"grouped s8 -": 15}
    measured = [each for each in found.residuals if each.layers]
    assert all(each.p90_percent < limits.get(each.kernel, 10) for each in measured)


def test_the_card_leaves_each_network_out(frame):
    few, _ = first(frame, 3)
    name = few["network"].iloc[0]
    spoilt = few.assign(cycles=few["cycles"].where(few["network"] != name, few["cycles"] * 2))
    card = calibrate(spoilt, "mine", "here").profile.errors
    assert card.networks[name] == pytest.approx(-50, abs=5)
    assert card.worst_percent == max(abs(value) for value in card.networks.values())


def test_the_next_layers_are_the_least_certain_and_not_measured_yet(frame):
    few, _ = first(frame, 4)
    few = few[~few["description"].str.contains('"op":"transpose"')]
    known = Network("known", *parts(few["description"].iloc[0]))
    fresh = '{"source":[4,5,6],"op":"transpose","shape":[5,6,4],"permutation":[1,2,0]}'
    found = calibrate(few, "mine", "here", candidates=[known, Network("fresh", *parts(fresh))])
    assert [each.network for each in found.next_layers] == ["fresh"]
    assert found.next_layers[0].kernel == "transpose s8 -"
    assert found.next_layers[0].spread_percent > 20


def parts(text):
    network, layer = parse_layer(text)
    return Tensor("x", network.input.shape), (layer,)


@pytest.mark.parametrize("column", ["board", "compiler", "flags", "core"])
def test_mixed_builds_are_refused(frame, column):
    few, _ = first(frame, 2)
    few = few.copy()
    few.loc[3, column] = "cortex-m7" if column == "core" else "other"
    with pytest.raises(ConfigError, match=f"several values of '{column}'"):
        calibrate(few, "mine", "here")


def test_another_runtime_or_kernel_class_is_refused(frame):
    few, _ = first(frame, 1)
    with pytest.raises(ConfigError, match="our own runtime"):
        calibrate(few.assign(runtime="tflm"), "mine", "here")
    with pytest.raises(ConfigError, match=r"other kernels[\s\S]*dse-m4"):
        calibrate(few, "mine", "here", prior=load_profile("dse-m0"))
    with pytest.raises(ConfigError, match="Unknown core"):
        calibrate(few.assign(core="cortex-m55"), "mine", "here")


def test_code_sizes_are_the_measured_ones_or_the_priors(frame, tmp_path):
    few, _ = first(frame, 2)
    code = CodeSize(1, {"conv": 2}, {"dse_conv_s8_dsp": 3})
    assert calibrate(few, "mine", "here", code=code).profile.code == code
    found = calibrate(few, "mine", "here").profile
    assert found.code == nearest_profile("cortex-m4").code
    assert "code sizes of dse-m4" in found.source
    save_profile(found, tmp_path / "mine.toml")
    assert load_profile(tmp_path / "mine.toml") == found


def test_a_count_that_no_layer_has_keeps_the_priors_cost():
    fit = fit_kernel([{"a": 10, "b": 0}, {"a": 20, "b": 0}], [40, 80], {"a": 3.0, "b": 7.0})
    assert fit.coefficients["a"] == pytest.approx(4, rel=0.01)
    assert fit.coefficients["b"] == pytest.approx(7, rel=1e-4)
    sure = relative_spread(fit, {"a": 10, "b": 0}, 40)
    assert sure < 0.02 < 0.3 < relative_spread(fit, {"a": 0, "b": 10}, 70)


def test_no_layers_at_all_give_the_prior():
    fit = fit_kernel([], [], {"a": 3.0, "b": 0.0})
    assert fit.coefficients == {"a": 3.0, "b": 0.0}


def test_coefficients_are_never_negative():
    fit = fit_kernel([{"a": 1, "b": 1}, {"a": 1, "b": 9}], [100, 50], {"a": 1.0, "b": 1.0})
    assert min(fit.coefficients.values()) >= 0


def test_a_kernel_that_the_prior_lacks_is_named(frame):
    prior = load_profile("dse-m4")
    few, _ = first(frame, 1)
    poor = replace(prior, coefficients=dict(list(prior.coefficients.items())[:1]))
    with pytest.raises(ModelError, match="no cost for this kernel"):
        calibrate(few, "mine", "here", prior=poor)
