"""Predictions of layer lists on our runtime and on others."""

from pathlib import Path

import pandas as pd
import pytest

from hw_models.device import load_device
from hw_models.errors import ConfigError, ModelError
from hw_models.estimate import layer_cycles
from hw_models.kernels import core_class, counts, kernel_key
from hw_models.layer_list import COLUMNS, layers_of, read_layer_list
from hw_models.layer_profile import LayerProfile, save_layer_profile
from hw_models.listed_network import own_network
from hw_models.network import Layer, Network, Tensor
from hw_models.predict import any_profile, predict_networks
from hw_models.profile import load_profile, save_profile

PUBLISHED = (
    Path(__file__).parents[2] / "hw_models" / "measurements" / "published_network_layers.csv"
)
MLPERF = ("ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "vww_96_int8")


def listed(*rows):
    cells = [dict(zip(COLUMNS, map(str, row), strict=True)) for row in rows]
    return layers_of(pd.DataFrame(cells), "made up")


def fd_mobilenet(size):
    """FD-MobileNet at width 0.25 (Qin 2018, table 1), five classes: no profile was fitted on it."""
    rows, side, channels = [], -(-size // 2), 8
    rows.append((f"fd{size}", 0, "CONV_2D", size, size, 3, side, side, 8, 3, 3, 2, "SAME", ""))
    strided = [(16, 2), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)]
    for wide, stride in [*strided, *[(128, 1)] * 4, (256, 1)]:
        small = -(-side // stride)
        depthwise = (side, side, channels, small, small, channels, 3, 3, stride, "SAME", "")
        pointwise = (small, small, channels, small, small, wide, 1, 1, 1, "SAME", "")
        rows.append((f"fd{size}", len(rows), "DEPTHWISE_CONV_2D", *depthwise))
        rows.append((f"fd{size}", len(rows), "CONV_2D", *pointwise))
        side, channels = small, wide
    rows.append((f"fd{size}", 90, "MEAN", side, side, channels, 1, 1, channels, *[""] * 5))
    rows.append((f"fd{size}", 91, "FULLY_CONNECTED", "", "", channels, "", "", 5, *[""] * 5))
    return listed(*rows)


@pytest.mark.parametrize(
    ("size", "published_cycles"),
    [
        (224, (25_276_000, 23_984_000, 24_278_400)),
        (128, (8_788_000, 7_964_000, 8_525_520)),
    ],
)
def test_a_network_that_took_no_part(size, published_cycles):
    """STM32 AI model zoo, FdMobileNet 0.25 on STM32H747 (two versions) and STM32F769."""
    profile, _ = any_profile("x-cube-ai-m7")
    (prediction,) = predict_networks(fd_mobilenet(size), profile)
    for cycles in published_cycles:
        assert prediction.cycles == pytest.approx(cycles, rel=0.11)


def test_time_needs_a_clock():
    layers = [each for each in read_layer_list(PUBLISHED) if each.model_id == "ad01_int8"]
    profile, _ = any_profile("x-cube-ai-m4")
    (bare,) = predict_networks(layers, profile)
    part = load_device("STM32L4R5ZI")
    (on_part,) = predict_networks(layers, profile, device=part)
    (slow,) = predict_networks(layers, profile, device=part, clock_hz=60e6)
    assert bare.latency_s is None
    assert on_part.latency_s == pytest.approx(on_part.cycles / 120e6, rel=1e-5)
    assert slow.latency_s == pytest.approx(2 * on_part.latency_s)
    assert bare.error_pct == profile.errors.median_percent


def test_a_part_that_waits_takes_longer():
    layers = [each for each in read_layer_list(PUBLISHED) if each.model_id == "ad01_int8"]
    profile, _ = any_profile("plumerai-m4")
    (found,) = predict_networks(layers, profile, device=load_device("PSoC62"))
    assert found.latency_s == pytest.approx(found.cycles / (0.75 * 150e6), rel=1e-5)


def test_a_setting_scales():
    layers = [each for each in read_layer_list(PUBLISHED) if each.model_id in MLPERF]
    profile, setting = any_profile("x-cube-ai-m4@mlperf-9.0")
    assert isinstance(profile, LayerProfile)
    tuned = predict_networks(layers, profile, setting=setting)
    plain = predict_networks(layers, profile)
    for fast, slow in zip(tuned, plain, strict=True):
        assert fast.cycles == pytest.approx(profile.settings["mlperf-9.0"] * slow.cycles, rel=1e-4)


@pytest.mark.parametrize("core", ["m0", "m0plus", "m3", "m4", "m7", "m33"])
def test_our_own_runtime_counts_its_kernels(core):
    layers = [each for each in read_layer_list(PUBLISHED) if each.model_id in MLPERF]
    found = {
        each.model_id: each.cycles for each in predict_networks(layers, load_profile(f"dse-{core}"))
    }
    assert list(found) == list(dict.fromkeys(each.model_id for each in layers))
    assert found["ad01_int8"] < found["kws_ref_model"] < found["pretrainedResnet_quant"]


def test_a_strided_same_convolution_costs_what_our_layer_costs():
    (row,) = listed(("net", 0, "CONV_2D", 9, 8, 4, 5, 4, 6, 3, 3, 2, "SAME", ""))
    profile = load_profile("dse-m4")
    layer = Layer(
        "conv",
        "conv",
        ("in",),
        (5, 4, 6),
        weight_format="s8",
        kernel=(3, 3),
        stride=(2, 2),
        padding=(1, 1, 0, 1),
    )
    network = Network("net", Tensor("in", (9, 8, 4)), (layer,))
    amounts = counts(network, layer, core_class("cortex-m4"))
    (prediction,) = predict_networks((row,), profile)
    wanted = layer_cycles(profile, kernel_key(network, layer), amounts)
    assert prediction.cycles == round(wanted)


@pytest.mark.parametrize(
    ("row", "kernel", "stride"),
    [
        (("net", 0, "MAX_POOL_2D", 33, 3, 24, 11, 3, 24, "", "", "", "", ""), (3, 1), (3, 1)),
        (("net", 0, "MAX_POOL_2D", 63, 63, 64, 31, 31, 64, "", "", "", "", ""), (3, 3), (2, 2)),
        (("net", 0, "MEAN", 7, 7, 256, "", "", 256, "", "", "", "", ""), (7, 7), (1, 1)),
        (("net", 0, "MAX_POOL_2D", 8, 8, 4, 4, 4, 4, 2, 2, 2, "VALID", ""), (2, 2), (2, 2)),
    ],
)
def test_windows_of_pools(row, kernel, stride):
    network = own_network(*listed(row))
    assert (network.layers[0].kernel, network.layers[0].stride) == (kernel, stride)


def test_what_our_runtime_lacks_is_named_by_line_and_op():
    rows = (
        ("net", 0, "CONV_2D", 8, 8, 4, 4, 4, 6, 3, 3, 2, "SAME", ""),
        ("net", 1, "MUL", 4, 4, 6, 4, 4, 6, "", "", "", "", ""),
        ("net", 2, "RESIZE_BILINEAR", 4, 4, 6, 8, 8, 6, "", "", "", "", ""),
        ("net", 3, "DEPTHWISE_CONV_2D", 8, 8, 6, 8, 8, 13, 3, 3, 1, "SAME", ""),
        ("net", 4, "CONV_2D", 8, 8, 4, 8, 8, 6, 3, 3, 2, "SAME", ""),
    )
    with pytest.raises(ModelError) as error:
        predict_networks(listed(*rows), load_profile("dse-m4"))
    text = str(error.value)
    assert "cannot run 4 layer(s)" in text
    for part in ("line 3: MUL", "line 4: RESIZE_BILINEAR", "line 5: DEPTHWISE", "line 6: CONV_2D"):
        assert part in text


def test_nothing_to_compute_is_an_error():
    rows = listed(("net", 0, "RESHAPE", 8, 8, 4, "", "", 256, "", "", "", "", ""))
    for name in ("x-cube-ai-m4", "dse-m4"):
        with pytest.raises(ModelError, match="nothing to compute"):
            predict_networks(rows, any_profile(name)[0])


def test_wrong_cores_clocks_and_names():
    profile, _ = any_profile("x-cube-ai-m7")
    with pytest.raises(ConfigError, match="another core"):
        predict_networks((), profile, device=load_device("STM32L4R5ZI"))
    for clock in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="positive"):
            predict_networks((), profile, clock_hz=clock)
    for name in ("x-cube-m7", "dse-m4@9.0", "x-cube-ai-m7@10.0"):
        with pytest.raises(ConfigError):
            any_profile(name)


def test_files_of_both_kinds(tmp_path):
    foreign, _ = any_profile("plumerai-m4")
    own, _ = any_profile("dse-m4")
    save_layer_profile(foreign, tmp_path / "foreign.toml")
    save_profile(own, tmp_path / "own.toml")
    assert any_profile(str(tmp_path / "foreign.toml"))[0] == foreign
    assert any_profile(str(tmp_path / "own.toml"))[0] == own


def test_groups_follow_from_the_macs_and_a_multiplier_makes_some():
    macs = 8 * 8 * 12 * 9 * 2
    (row,) = listed(("net", 0, "CONV_2D", 8, 8, 6, 8, 8, 12, 3, 3, 1, "SAME", macs))
    network = own_network(row)
    assert (network.layers[0].op, network.layers[0].groups, network.total_macs) == ("conv", 3, macs)
    (row,) = listed(("net", 0, "DEPTHWISE_CONV_2D", 8, 8, 6, 8, 8, 12, 3, 3, 1, "SAME", ""))
    network = own_network(row)
    assert (network.layers[0].op, network.layers[0].groups) == ("conv", 6)
    assert network.total_macs == 8 * 8 * 12 * 9


def test_a_concat_copies_its_output_from_two_inputs():
    (row,) = listed(("net", 0, "CONCATENATION", 4, 4, 3, 4, 4, 24, "", "", "", "", ""))
    network = own_network(row)
    assert (network.output.shape, network.input.shape) == ((4, 4, 24), (4, 4, 12))
