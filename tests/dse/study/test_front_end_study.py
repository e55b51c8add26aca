"""A study on features: the front end is priced, recorded, exported and verified."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dse.boards.choice import parse_board
from dse.data import load_data
from dse.front_end import run_front_end
from dse.importers import Imported
from dse.report.page_data import collect
from dse.report.tables import layer_table
from dse.study.base import load_base, save_base
from dse.study.check import check_study
from dse.study.config import make_study
from dse.study.deploy import export_trial
from dse.study.run import run_study
from dse.study.view import load_run
from dse.verify import stored_inputs, stored_sounds, verify
from hw_models.errors import ConfigError
from hw_models.estimate import estimate
from search_spaces import CostTable

CLASSES, RATE = 3, 4000


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """Tones of three pitches in noise."""
    rng = np.random.default_rng(0)
    y = np.arange(90) % CLASSES
    pitch = np.array([300, 700, 1300])[y] * rng.uniform(0.9, 1.1, 90)
    time = np.arange(RATE) / RATE
    x = 9000 * np.sin(2 * np.pi * pitch[:, None] * time) + rng.normal(0, 900, (90, RATE))
    path = tmp_path_factory.mktemp("words") / "words.npz"
    np.savez(path, x=x.astype(np.int16), y=y, sample_rate=np.int32(RATE))
    return path


@pytest.fixture(scope="module")
def values(words):
    return {
        "model": "zoo:ds-cnn",
        "data": f"npz:{words}?window_ms=64&hop_ms=64&bands=20",
        "features": "mfcc",
        "device": "STM32L476RG",
        "rung": "calibrated",
        "base_epochs": 1,
        "trials": 2,
        "sampler": "random",
    }


@pytest.fixture(scope="module")
def run(values, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "words"
    run_study(make_study(values, "test"), folder)
    return load_run(folder)


def test_the_front_end_is_recorded_and_priced(run, values):
    data = load_data(values["data"], features="mfcc")
    network = run.base.imported.network
    assert network.front_end == data.front_end
    trial = run.front[0]
    cost = run.pricer.cost(trial.configuration)
    bare = replace(run.pricer.network(trial.configuration), front_end=None)
    without = estimate(bare, run.pricer.device, run.pricer.profile)
    assert cost.front_end.cycles == cost.cycles - without.cycles > 100_000
    assert trial.price.cycles == cost.cycles
    assert cost.flash_bytes > without.flash_bytes + cost.front_end.constant_bytes
    assert run.program(trial).network.front_end == data.front_end
    table = CostTable(run.pricer.space, run.pricer.device, run.pricer.profile)
    batch = table.estimate_batch([run.pricer.space.encode(trial.configuration)])
    found = (batch.cycles[0], batch.ram_bytes[0], batch.flash_bytes[0])
    assert found == (cost.cycles, cost.ram_bytes, cost.flash_bytes)


def test_it_is_a_row_of_every_table(run, values):
    trial = run.front[0]
    layers = layer_table(run, trial.configuration)
    assert (layers["layer"][0], layers["op"][0]) == ("features", "mfcc")
    assert layers["cycles"].sum() == run.pricer.cost(trial.configuration).cycles
    assert layers["cycles_percent"].sum() == pytest.approx(100)
    assert collect(run).points[0].layers[0][:2] == ["features", "mfcc"]
    report = check_study(make_study(values, "test"))
    assert report.layers["cycles"].sum() == report.cost.cycles
    assert report.layers["op"][0] == "mfcc"


@pytest.mark.compiler
def test_the_export_takes_samples(run, tmp_path):
    trial = run.front[0]
    project = export_trial(run, trial, tmp_path / "c")
    assert (
        project.manifest.front_end.cycles == run.pricer.cost(trial.configuration).front_end.cycles
    )
    sounds = stored_sounds(project)
    program = run.program(trial)
    np.testing.assert_array_equal(
        run_front_end(program, sounds), stored_inputs(project)[: len(sounds)]
    )
    data = load_data(run.config.data, seed=run.config.seed, features="mfcc")
    heard = {row.tobytes() for row in run_front_end(program, data.sounds)}
    assert heard <= {row.tobytes() for row in program.quantise_input(data.x_val)}
    assert verify(project.folder, parse_board("host")).bit_exact


def test_a_budget_that_the_front_end_breaks_is_refused(run, values):
    cost = run.pricer.cost(run.pricer.space.baseline())
    front_ms = 1e3 * cost.front_end.cycles / run.pricer.device.cycles_per_second
    tight = check_study(make_study({**values, "latency_ms": front_ms}, "test"))
    with pytest.raises(ConfigError, match="No configuration fits the budget"):
        tight.require_feasible()


def test_a_base_of_an_earlier_version_has_no_front_end(run, tmp_path):
    network = replace(run.base.imported.network, front_end=None)
    old = replace(run.base, imported=Imported(network, run.base.imported.parameters))
    save_base(old, tmp_path / "base.npz")
    with np.load(tmp_path / "base.npz") as archive:
        arrays = dict(archive)
    meta = json.loads(arrays["meta"].tobytes())
    assert "front_end" not in meta["network"]
    meta["schema"] = 1
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    np.savez(tmp_path / "base.npz", **arrays)
    assert load_base(tmp_path / "base.npz").imported.network == network
    assert load_base(run.folder.base).imported.network == run.base.imported.network
