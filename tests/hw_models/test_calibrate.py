import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hw_models.calibrate import (
    COLUMNS,
    SAME,
    build_file,
    fit,
    fit_coefficients,
    layer_runs,
    read_measurements,
)
from hw_models.errors import ConfigError, DataError
from hw_models.estimate import layer_cycles
from hw_models.kernels import KernelKey, count_names, counts
from hw_models.layer_text import layer_text
from hw_models.network import Layer, Network, Tensor
from hw_models.profile import CodeSize

BUILD = ("own", "bench", "cortex-m4", "gcc 12", "-O2")
CODE = CodeSize(40, {}, {})
CONV = KernelKey("conv", "s8", "s8")
NAMES = count_names(CONV, "dsp")
TRUE = dict(zip(NAMES, np.arange(3.0, 3.0 + len(NAMES)), strict=True))


def networks(count=8):
    """Networks of convolutions with sizes of their own; every second stem has nines."""
    rng = np.random.default_rng(7)
    made = []
    for index in range(count):
        source, layers = Tensor("x", (5, 7, 3)), []
        shape = source.shape
        for name in "abcdef":
            channels = (
                int(rng.integers(2, 20)) if rng.random() < 0.5 else 4 * int(rng.integers(1, 9))
            )
            size = 3 if name == "a" and index % 2 else int(rng.integers(1, 4))
            pad = size // 2
            shape = (shape[0] - size + 1 + 2 * pad, shape[1] - size + 1 + 2 * pad, channels)
            before = layers[-1].name if layers else "x"
            layers.append(
                Layer(name, "conv", (before,), shape, "s8", (size, size), padding=(pad,) * 4)
            )
        made.append(Network(f"n{index}", source, tuple(layers)))
    return made


def measured(noise=0.0):
    """What a runtime with the TRUE coefficients would show."""
    rng = np.random.default_rng(1)
    rows = []
    for network in networks():
        for layer in network.layers:
            amounts = counts(network, layer, "dsp")
            cycles = sum(TRUE.get(name, 1.0) * amount for name, amount in amounts.items())
            cycles *= 1 + noise * rng.uniform(-1, 1)
            text = layer_text(network, layer)
            rows.append((*BUILD, network.name, layer.name, text, cycles))
    return pd.DataFrame(rows, columns=COLUMNS)


def test_the_fit_reproduces_noiseless_runs():
    frame = measured()
    profile = fit(frame, CODE, "own-m4", "here")
    assert set(profile.coefficients) == {CONV}
    for run in layer_runs(frame):
        assert layer_cycles(profile, run.key, run.counts) == pytest.approx(run.cycles, rel=1e-3)
    assert profile.coefficients[CONV]["quads"] == pytest.approx(TRUE["quads"], rel=0.01)
    assert profile.errors.worst_percent < 0.5
    assert profile.errors.layer_p90_percent < 0.5
    assert (profile.runtime, profile.core, profile.flags) == ("own", "cortex-m4", "-O2")


def test_the_error_card_shows_the_noise():
    card = fit(measured(noise=0.05), CODE, "own-m4", "here").errors
    assert set(card.networks) == {f"n{index}" for index in range(8)}
    errors = np.abs(list(card.networks.values()))
    assert card.worst_percent == errors.max()
    assert 0.1 < card.median_percent <= card.worst_percent < 10
    assert card.layer_p90_percent > 1


def test_coefficients_are_never_negative():
    frame = measured(noise=0.4)
    values = fit(frame, CODE, "own-m4", "here").coefficients[CONV].values()
    assert min(values) >= 0


@pytest.mark.parametrize("column", ["runtime", "board", "core", "compiler", "flags"])
def test_mixed_measurements_are_refused(column):
    frame = measured()
    frame.loc[3, column] = "cortex-m7" if column == "core" else "other"
    with pytest.raises(ConfigError, match=f"several values of '{column}'"):
        fit(frame, CODE, "own-m4", "here")


def test_a_count_that_no_layer_exercises_is_refused():
    frame = measured()
    texts = frame["description"]
    even = texts[[amounts.counts["single_blocks"] == 0 for amounts in layer_runs(frame)]]
    frame = frame[texts.isin(even)]
    with pytest.raises(ConfigError, match="single_blocks"):
        fit(frame, CODE, "own-m4", "here")


def test_a_kernel_of_one_network_only_has_no_known_error():
    frame = measured()
    text = '{"source":[8,8,8],"op":"add","shape":[8,8,8]}'
    frame.loc[len(frame)] = (*BUILD, "n0", "add", text, 900.0)
    with pytest.raises(ConfigError, match=r"one network only[\s\S]*add s8 -"):
        fit(frame, CODE, "own-m4", "here")


def test_a_file_is_read_back(tmp_path):
    path = tmp_path / "runs.csv"
    frame = measured()
    frame.to_csv(path, index=False)
    read = read_measurements(path)
    assert fit(read, CODE, "a", "b").coefficients == fit(frame, CODE, "a", "b").coefficients


def test_bad_files_are_refused(tmp_path):
    path = tmp_path / "runs.csv"
    with pytest.raises(DataError, match="cannot be read"):
        read_measurements(path)
    measured().drop(columns="flags").to_csv(path, index=False)
    with pytest.raises(DataError, match=r"lack columns[\s\S]*flags"):
        read_measurements(path)
    measured().iloc[:0].to_csv(path, index=False)
    with pytest.raises(DataError, match="empty"):
        read_measurements(path)
    frame = measured()
    frame.loc[2, "cycles"] = 0.0
    frame.to_csv(path, index=False)
    with pytest.raises(DataError, match="row 4"):
        read_measurements(path)


def test_what_is_the_same_for_a_core_may_stand_beside_the_file(tmp_path):
    whole, path = measured(), tmp_path / "runs.csv"
    rest = [name for name in SAME if name != "core"]
    whole.drop(columns=rest).to_csv(path, index=False)
    with pytest.raises(DataError, match="lack columns"):
        read_measurements(path)
    builds = whole[list(SAME)].drop_duplicates()
    builds.to_csv(build_file(path), index=False)
    pd.testing.assert_frame_equal(read_measurements(path), whole)
    builds.assign(core="cortex-m7").to_csv(build_file(path), index=False)
    with pytest.raises(DataError, match=r"build of a core[\s\S]*cortex-m4"):
        read_measurements(path)


def test_counts_that_no_run_tells_apart_share_their_cost():
    """Concats of three parts each: calls and parts have one ratio, so the least costs are taken."""
    source = Tensor("x", (4, 4, 3))
    rows = []
    sizes = itertools.product((2, 3, 7, 12), (1, 2, 3, 5, 6, 7, 8, 12, 16, 20, 23, 40))
    for index, (height, channels) in enumerate(sizes):
        network = Network(
            f"n{index}",
            replace(source, shape=(height, 4, channels)),
            (Layer("a", "concat", ("x",) * 3, (height, 4, 3 * channels)),),
        )
        amounts = counts(network, network.layers[0], "dsp")
        cycles = 300.0 + sum(amounts.values())
        rows.append((*BUILD, network.name, "a", layer_text(network, network.layers[0]), cycles))
    table = fit_coefficients(layer_runs(pd.DataFrame(rows, columns=COLUMNS)), "here")
    costs = table[KernelKey("concat", "s8", None)]
    assert costs["call"] == pytest.approx(3 * costs["parts"], rel=0.01)


def test_cycles_without_end_are_refused():
    frame = measured().assign(cycles=lambda rows: rows["cycles"].where(rows.index != 2, np.inf))
    with pytest.raises(DataError, match=r"positive numbers[\s\S]*row 4"):
        fit(frame, CODE, "own-m4", "here")


def test_a_damaged_description_is_no_front_end():
    frame = measured().assign(description="conv what")
    with pytest.raises((ConfigError, DataError)) as caught:
        layer_runs(frame)
    assert "front end" not in str(caught.value)
