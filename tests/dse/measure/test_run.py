from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dse.measure.networks import measurement_networks
from dse.measure.profiles import MEASUREMENTS, NETWORK_FILE, code_size, write_profiles
from dse.measure.run import measure_core
from hw_models.calibrate import COLUMNS, read_measurements
from hw_models.device import load_device
from hw_models.errors import DataError
from hw_models.estimate import estimate
from hw_models.kernels import CORES, core_class
from hw_models.profile import list_profiles, profile_for


def predicted(network, core):
    part = load_device("stm32l4r5zi")
    device = replace(part, core=core, simd=core_class(core) == "dsp")
    return estimate(network, device, profile_for(core))


@pytest.mark.emulator
@pytest.mark.toolchain
@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_the_shipped_profile_is_that_of_the_kernels(core):
    network = measurement_networks(8, seed=1)[7]
    run = measure_core(core, [network])
    assert tuple(run.layers.columns) == COLUMNS
    cost = predicted(network, core)
    assert cost.cycles == pytest.approx(run.layers["cycles"].sum(), rel=0.15)
    linked = run.networks.iloc[0]
    assert cost.ram_bytes == linked["ram_bytes"]
    assert cost.flash_bytes == pytest.approx(linked["flash_bytes"], rel=0.02)
    assert 0 < linked["stack_bytes"] <= cost.stack_bytes
    assert code_size(run.code, Path("here")).stack_bytes == linked["stack_bytes"]
    kernels = run.code[run.code["kind"] == "kernel"]
    code = profile_for(core).code.kernels
    assert dict(zip(kernels["name"], kernels["bytes"], strict=True)).items() <= code.items()


@pytest.mark.parametrize("core", CORES)
def test_memory_of_the_measured_networks_is_predicted(core):
    frame = pd.read_csv(MEASUREMENTS / NETWORK_FILE)
    rows = frame[frame["core"] == core].set_index("network")
    for network in measurement_networks():
        cost, linked = predicted(network, core), rows.loc[network.name]
        assert cost.ram_bytes == linked["ram_bytes"]
        assert cost.flash_bytes == pytest.approx(linked["flash_bytes"], rel=0.01)
    assert rows["stack_bytes"].max() == profile_for(core).code.stack_bytes


@pytest.mark.parametrize("core", CORES)
def test_the_error_card_is_within_the_promise(core):
    card = profile_for(core).errors
    assert card.median_percent <= 3
    assert card.worst_percent <= 8
    assert len(card.networks) == len(measurement_networks())


def test_the_shipped_profiles_come_from_the_shipped_measurements(tmp_path):
    made = {profile.name: profile for profile in write_profiles(folder=tmp_path)}
    assert set(made) == {f"dse-{core.removeprefix('cortex-')}" for core in CORES}
    for shipped in list_profiles():
        if shipped.name in made:
            assert made[shipped.name].code == shipped.code
            for key, table in shipped.coefficients.items():
                again = made[shipped.name].coefficients[key]
                np.testing.assert_allclose(list(again.values()), list(table.values()), rtol=1e-3)


def test_measurements_without_code_sizes_are_refused(tmp_path):
    read_measurements(MEASUREMENTS / "own_virtual.csv").to_csv(
        tmp_path / "own_virtual.csv", index=False
    )
    with pytest.raises(DataError, match="code sizes"):
        write_profiles(tmp_path, tmp_path / "profiles")
