"""Profiles of other runtimes: the shipped files are what the fit gives, and how far they err."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hw_models.published
from hw_models.device import load_device
from hw_models.errors import ConfigError, DataError
from hw_models.layer_features import FEATURES, PRIOR, sum_features
from hw_models.layer_fit import ListedRun, fit_layers, leave_out
from hw_models.layer_profile import (
    layer_profile_names,
    list_layer_profiles,
    load_layer_profile,
    save_layer_profile,
)
from hw_models.profile import list_profiles, load_profile
from hw_models.published import (
    PROFILES,
    error_card,
    leave_one_model_out,
    published_profile,
    published_runs,
)

SLACK = 1e-3  # of a coefficient: another BLAS may end the descent a little earlier


def test_every_profile_is_shipped():
    assert layer_profile_names() == tuple(sorted(PROFILES))
    assert [each.name for each in list_layer_profiles()] == sorted(PROFILES)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_the_shipped_file_is_what_the_fit_gives(name):
    fitted, shipped = published_profile(name), load_layer_profile(name)
    assert fitted.coefficients == pytest.approx(dict(shipped.coefficients), rel=SLACK)
    assert fitted.settings == pytest.approx(dict(shipped.settings), rel=SLACK)
    assert fitted.errors.models == pytest.approx(dict(shipped.errors.models), abs=0.1)
    same = ("runtime", "core", "reference", "source", "runs", "boards", "clocks_mhz")
    assert [getattr(fitted, key) for key in same] == [getattr(shipped, key) for key in same]


@pytest.mark.parametrize(
    ("name", "bound"), [("x-cube-ai-m7", 10), ("x-cube-ai-m4", 20), ("x-cube-ai-m33", 20)]
)
def test_the_promised_errors_hold_and_the_card_states_them(name, bound):
    predictions = leave_one_model_out(name)
    errors = [100 * abs(each.cycles / each.run.cycles - 1) for each in predictions]
    blind = [100 * abs(each.blind_cycles / each.run.cycles - 1) for each in predictions]
    card = load_layer_profile(name).errors
    assert np.median(errors) == pytest.approx(card.median_percent, abs=0.1)
    assert np.median(blind) == pytest.approx(card.blind_median_percent, abs=0.1)
    assert max(errors) == pytest.approx(card.worst_percent, abs=0.5)
    assert max(np.median(errors), np.median(blind)) <= bound
    assert len(predictions) == load_layer_profile(name).runs


def test_twins_are_left_out_together():
    families = {run.model: run.family for run in published_runs()}
    assert families["pretrainedResnet_quant"] == families["mz_c610b47dcbe48c0eb2151549a7d28466"]
    assert families["vww_96_int8"] == families["mz_99457b1cd60a5061e3dd74fcbd560493"]
    assert families["kws_ref_model"] == "kws_ref_model"


def test_runs_without_cycles_and_doubtful_ones_take_no_part():
    assert all(run.cycles > 0 for run in published_runs())
    assert not any("MVP" in run.profile or "tinymaix" in run.profile for run in published_runs())


def make_run(number, setting="default", family=None, profile="some-m4", factor=1.0):
    rng = np.random.default_rng(number)
    amounts = {name: float(rng.integers(1, 1000)) * 1e5 / PRIOR[name] for name in FEATURES[:2]}
    amounts |= {"pointwise_macs": float(rng.integers(1, 1000)) * 1e5}
    cycles = factor * sum(3 * PRIOR[name] * amount for name, amount in amounts.items())
    name = family or f"model {number}"
    return ListedRun(profile, setting, name, name, "board", "source", amounts, cycles)


def test_runs_that_follow_the_prior_are_predicted_exactly_at_their_setting():
    runs = [make_run(n) for n in range(6)] + [make_run(n, "slow", factor=2.0) for n in range(6)]
    predictions = leave_out(runs, "some-m4", "default")
    assert [each.cycles for each in predictions] == pytest.approx(
        [each.run.cycles for each in predictions], rel=1e-3
    )
    slow = [each for each in predictions if each.run.setting == "slow"]
    assert [each.blind_cycles for each in slow] == pytest.approx(
        [each.run.cycles / 2 for each in slow], rel=1e-3
    )


def test_what_is_left_out_has_no_influence():
    runs = [make_run(number) for number in range(5)]
    first = leave_out(runs, "some-m4", "default")[0]
    wild = [ListedRun(**{**vars(runs[0]), "cycles": 1e12}), *runs[1:]]
    assert leave_out(wild, "some-m4", "default")[0].cycles == first.cycles


def test_costs_are_never_negative_and_the_prior_fills_what_was_not_measured():
    fit = fit_layers([make_run(number) for number in range(4)], "some-m4", "default")
    assert min(fit.coefficients.values()) >= 0
    assert fit.coefficients["depthwise_macs"] == pytest.approx(3 * PRIOR["depthwise_macs"], 0.05)


def test_one_model_cannot_be_left_out_and_no_run_is_an_error():
    assert leave_out([make_run(1)], "some-m4", "default") == []
    with pytest.raises(DataError):
        fit_layers([make_run(1)], "other-m7", "default")


def test_a_card_by_hand():
    runs = [make_run(number, family="a" if number < 2 else "b") for number in range(3)]
    predictions = leave_out(runs, "some-m4", "default")
    card = error_card(predictions, "model")
    errors = [100 * abs(each.cycles / each.run.cycles - 1) for each in predictions]
    assert card.worst_percent == pytest.approx(max(errors), abs=0.01)
    assert set(card.models) == {"a", "b"}


def test_a_saved_profile_is_read_back_equal(tmp_path):
    profile = load_layer_profile("x-cube-ai-m7")
    path = tmp_path / "mine.toml"
    save_layer_profile(profile, path)
    assert load_layer_profile(path) == profile


def test_kinds_are_never_mixed(tmp_path):
    with pytest.raises(ConfigError, match="another runtime"):
        load_profile("x-cube-ai-m7")
    path = tmp_path / "mine.toml"
    save_layer_profile(load_layer_profile("x-cube-ai-m7"), path)
    with pytest.raises(ConfigError, match="another runtime"):
        load_profile(path)
    with pytest.raises(ConfigError, match="no shipped profile of another runtime"):
        load_layer_profile("dse-m4")
    assert not {each.name for each in list_profiles()} & set(PROFILES)


def test_all_errors_of_a_file_are_said(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('schema = 1\nkind = "layers"\nname = "UPPER"\nruns = 0\n')
    with pytest.raises(ConfigError) as error:
        load_layer_profile(path)
    assert "runs" in str(error.value)
    assert "coefficients" in str(error.value)


def test_an_unknown_setting_names_the_known():
    with pytest.raises(ConfigError, match=r"mlperf-9\.0"):
        load_layer_profile("x-cube-ai-m7").cycles({}, "10.0")


def test_the_sum_of_features_is_linear():
    run = published_runs()[0]
    profile = load_layer_profile("x-cube-ai-m7")
    double = {name: 2 * amount for name, amount in run.amounts.items()}
    assert profile.cycles(double) == pytest.approx(2 * profile.cycles(run.amounts))
    assert sum_features(()) == {}


def test_the_document_shows_the_cards():
    text = (Path(__file__).parents[2] / "docs" / "published_profiles.md").read_text("utf-8")
    for profile in list_layer_profiles():
        card = profile.errors
        assert (
            f"| `{profile.name}` | {profile.runs} | {len(card.models)} | {card.left_out} "
            f"| {card.median_percent:.1f} | {card.model_median_percent:.1f} "
            f"| {card.p90_percent:.0f} | {card.worst_percent:.0f} "
            f"| {card.blind_median_percent:.1f} | {card.spearman:.2f} |"
        ) in text


def test_energy_of_the_parts_that_have_power():
    """MLPerf energy rows; the catalogue's power comes from them too, so this checks the time."""
    path = Path(hw_models.published.__file__).parent / "measurements" / "published_networks.csv"
    frame = pd.read_csv(path, dtype={"setting": str})
    rows = frame[(frame["use"] == "energy") & (frame["profile"] == "x-cube-ai-m33")]
    cycles = {
        (each.run.setting, each.run.model): each.cycles
        for each in leave_one_model_out("x-cube-ai-m33")
    }
    part = load_device("STM32U575ZI")
    errors = [
        abs(part.active_power_w * cycles[setting, model] / part.clock_hz / (energy * 1e-6) - 1)
        for setting, model, energy in zip(
            rows["setting"], rows["model_id"], rows["energy_uj"], strict=True
        )
    ]
    assert len(errors) == 16
    assert np.median(errors) == pytest.approx(0.11, abs=0.02)
