"""Studies on shared weights: resumed, and run by workers, they find the same."""

from types import SimpleNamespace

import numpy as np
import pytest

from dse.compress.shared_io import load_shared, shared_fingerprint
from dse.study import deploy, run
from dse.study.config import make_study
from dse.study.folder import RunFolder
from dse.study.run import StudyEvents, run_study
from dse.study.view import load_run
from hw_models.errors import ConfigError, RunError

VALUES = {
    "model": "zoo:digits-ds",
    "data": "digits",
    "device": "STM32L476RG",
    "rung": "shared",
    "shared_steps": 4,
    "base_epochs": 1,
    "trials": 5,
}


def outcomes(result):
    return [
        (one.configuration, one.outcome and (one.outcome.accuracy, one.outcome.rung))
        for one in result.search.trials
    ]


def study(**changes):
    return make_study({**VALUES, **changes}, "test")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "a"
    stages = []
    result = run_study(study(), folder, StudyEvents(stages.append))
    assert any("training shared weights for 4 steps" in one for one in stages)
    return folder, result


def test_shared_weights_are_trained_once_and_scored(finished):
    folder, result = finished
    weights = (folder / "shared.npz").read_bytes()
    trained = [one.outcome for one in result.search.trials if one.outcome is not None]
    assert {one.rung for one in trained} == {"shared"}
    assert all(one.accuracy is not None and one.epochs == 0 for one in trained)
    stages = []
    again = run_study(study(trials=7), folder, StudyEvents(stages.append))
    assert not any("training shared" in one for one in stages)
    assert (folder / "shared.npz").read_bytes() == weights
    assert outcomes(again)[: len(outcomes(result))] == outcomes(result)


@pytest.mark.slow
def test_workers_and_a_cache_change_nothing(finished, tmp_path):
    _, result = finished
    parallel = run_study(study(jobs=2, cache=str(tmp_path / "cache")), tmp_path / "b")
    assert outcomes(parallel) == outcomes(result)[: len(outcomes(parallel))]
    entries = sorted((tmp_path / "cache").rglob("*.json"))
    assert len(entries) == 5
    again = run_study(study(cache=str(tmp_path / "cache")), tmp_path / "c")
    assert outcomes(again) == outcomes(parallel)
    assert sorted((tmp_path / "cache").rglob("*.json")) == entries


def test_the_final_training_starts_from_the_shared_weights(finished, monkeypatch):
    folder, _ = finished
    loaded, given = load_run(folder), []
    monkeypatch.setattr(deploy, "final_evaluation", lambda *_, **named: given.append(named))
    deploy.train_finally(loaded, loaded.front[0], epochs=1, seeds=3)
    own = shared_fingerprint(load_shared(folder / "shared.npz"))
    assert shared_fingerprint(given[0]["shared"]) == own
    assert given[0]["training"] == loaded.config.training


def test_a_damaged_file_of_shared_weights_is_an_error(finished, tmp_path):
    folder, _ = finished
    kept = (folder / "shared.npz").read_bytes()
    (folder / "shared.npz").write_bytes(kept[:100])
    with pytest.raises(RunError, match="shared weights cannot be read"):
        run_study(study(), folder)
    (folder / "shared.npz").write_bytes(kept)


def test_rungs_fill_in_their_own_numbers():
    values = {name: VALUES[name] for name in ("model", "data", "device")}
    assert make_study(values, "test").shared_steps == 0
    assert make_study({**values, "rung": "shared"}, "test").shared_steps == 2000
    assert make_study({**values, "rung": "full"}, "test").epochs is None
    assert make_study(values, "test").epochs == 4
    brief = make_study({**values, "rung": "brief"}, "test")
    assert (brief.epochs, brief.shared_steps) == (1, 2000)
    assert make_study({**values, "rung": "full", "epochs": 3}, "test").epochs == 3


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"shared_steps": 0}, "the rung shared needs some"),
        ({"shared_steps": 0, "rung": "brief"}, "the rung brief needs some"),
        ({"rung": "calibrated"}, "the rung calibrated does not use"),
        ({"training": {"pruning": "gradual"}}, "pruning = one-shot"),
        ({"training": {"start": "scratch"}}, "start = scratch needs a rung that trains"),
    ],
)
def test_what_does_not_go_together_is_refused(changes, text):
    with pytest.raises(ConfigError, match=text):
        study(**changes)


def test_full_epochs_are_settled_by_the_data_and_recorded(tmp_path):
    data, folder = SimpleNamespace(x_train=np.zeros((1350, 1))), RunFolder(tmp_path / "run")
    told = []
    asked = study(rung="full", shared_steps=0)
    settled = run._settle(asked, data, folder, StudyEvents(told.append))
    assert settled == study(rung="full", shared_steps=0, epochs=64)
    assert told == ["the rung full trains for 64 epochs"]
    folder.open(settled, {})
    assert folder.config().epochs == 64
    for config in (study(rung="full", epochs=3), study()):
        assert run._settle(config, data, folder, StudyEvents()) == config


def test_an_older_run_says_that_it_goes_on_with_its_defaults(tmp_path, monkeypatch):
    data, folder = SimpleNamespace(x_train=np.zeros((1350, 1))), RunFolder(tmp_path / "run")
    old, told = study(rung="full", epochs=16), []
    monkeypatch.setattr(RunFolder, "as_begun", lambda *_: old)
    assert run._settle(study(rung="full"), data, folder, StudyEvents(told.append)) == old
    assert told == ["the run goes on with the defaults that it was begun with, those of schema 1"]
