from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from dse.compress.exact import exact_logits
from dse.compress.transfer import he_parameters
from dse.data import Dataset
from dse.evaluate import (
    Rung,
    Training,
    evaluate,
    final,
    final_evaluation,
    ladder,
    make_program,
    predicted_classes,
    program_accuracy,
    rung_epochs,
    train_shared,
)
from dse.importers import Imported
from dse.parameters import LayerParameters
from hw_models.errors import ConfigError
from hw_models.network import Layer, Network, Tensor
from search_spaces.space import build_space


class Sealed(Dataset):
    """A data set whose test split must not be read."""

    def __getattribute__(self, name):
        if name in ("x_test", "y_test") and "ready" in object.__getattribute__(self, "__dict__"):
            raise AssertionError("the test split was read")
        return object.__getattribute__(self, name)


@pytest.fixture(scope="module")
def dataset():
    bunch = load_digits()
    x = (bunch.images[:900] / 16).astype(np.float32)[..., None]
    y = bunch.target[:900].astype(np.int64)
    parts = [(x[start:stop], y[start:stop]) for start, stop in ((0, 600), (600, 750), (750, 900))]
    return Dataset("digits", *parts[0], *parts[1], *parts[2], tuple("0123456789"))


@pytest.fixture(scope="module")
def imported():
    layers = (
        Layer("c1", "conv", ("x",), (4, 4, 8), "s8", (3, 3), (2, 2), (1, 1, 1, 1), "relu"),
        Layer("c2", "conv", ("c1",), (4, 4, 16), "s8", (3, 3), (1, 1), (1, 1, 1, 1), "relu"),
        Layer("c3", "conv", ("c2",), (4, 4, 16), "s8", (3, 3), (1, 1), (1, 1, 1, 1), "relu"),
        Layer("pool", "avg_pool", ("c3",), (2, 2, 16), kernel=(2, 2), stride=(2, 2)),
        Layer("fc", "linear", ("pool",), (1, 1, 10), "s8"),
    )
    network = Network("tiny", Tensor("x", (8, 8, 1)), layers)
    parameters = {one.name: he_parameters(network, one, 0) for one in network.weighted_layers}
    return Imported(network, parameters)


@pytest.fixture(scope="module")
def space(imported):
    return build_space(imported.network)


def last_options(space, *kinds):
    return space.decode([len(s.options) - 1 if s.kind in kinds else 0 for s in space.sites])


def test_the_rungs_differ_by_training_only(imported, dataset, space):
    choice = last_options(space, "width")
    calibrated = evaluate(imported, dataset, space, choice, "calibrated")
    seen = []
    short = evaluate(
        imported, dataset, space, choice, "short", epochs=3, progress=lambda *one: seen.append(one)
    )
    assert (calibrated.rung, calibrated.epochs, short.rung, short.epochs) == (
        "calibrated",
        0,
        "short",
        3,
    )
    assert len(seen) == 3
    assert short.accuracy > calibrated.accuracy + 0.2
    assert short.seconds > calibrated.seconds > 0
    assert short.program.network == calibrated.program.network
    again = program_accuracy(short.program, dataset.x_val, dataset.y_val)
    assert again == short.accuracy


@pytest.mark.parametrize("kinds", [("format",), ("depth",), ("format", "width")])
def test_a_seed_reproduces_an_evaluation(imported, dataset, space, kinds):
    choice = last_options(space, *kinds)
    first, second = (
        evaluate(imported, dataset, space, choice, "short", seed=5, epochs=1) for _ in range(2)
    )
    assert first.accuracy == second.accuracy
    x = dataset.x_val
    assert np.array_equal(predicted_classes(first.program, x), predicted_classes(second.program, x))
    for name, own in first.program.constants.items():
        assert repr(own) == repr(second.program.constants[name])


def test_the_search_never_reads_the_test_split(imported, dataset, space):
    sealed = Sealed(
        dataset.name,
        dataset.x_train,
        dataset.y_train,
        dataset.x_val,
        dataset.y_val,
        dataset.x_test,
        dataset.y_test,
        dataset.class_names,
    )
    sealed.__dict__["ready"] = True
    evaluate(imported, sealed, space, space.baseline(), "short", epochs=1)
    with pytest.raises(AssertionError, match="was read"):
        final_evaluation(imported, sealed, space, space.baseline(), epochs=1)


def test_the_final_evaluation_scores_the_test_split_over_seeds(imported, dataset, space):
    final = final_evaluation(imported, dataset, space, space.baseline(), seeds=(1, 2, 4), epochs=1)
    assert len(final.test_accuracies) == len(final.validation_accuracies) == 3
    assert final.test_accuracy == pytest.approx(sum(final.test_accuracies) / 3)
    best = int(np.argmax(final.validation_accuracies))
    scored = program_accuracy(final.program, dataset.x_test, dataset.y_test)
    assert scored == final.test_accuracies[best]


def test_the_interval_is_students(imported, dataset, space):
    final = final_evaluation(imported, dataset, space, space.baseline(), epochs=1)
    assert final.seeds == (0, 1, 2)
    known = replace(final, test_accuracies=(0.90, 0.91, 0.95))
    # t(2) at 97.5 % is 4.3027, the standard deviation 0.026458.
    low, high = known.test_interval
    assert (low, high) == pytest.approx((0.92 - 0.065724, 0.92 + 0.065724), abs=1e-5)


def test_it_starts_from_shared_weights_where_they_are_given(imported, dataset, space):
    x, y = dataset.x_train, dataset.y_train
    weights = train_shared(space, imported.parameters, x, y, seed=0, steps=2)
    choice = space.baseline()
    final = final_evaluation(imported, dataset, space, choice, epochs=1, shared=weights)
    best = final.seeds[int(np.argmax(final.validation_accuracies))]
    same = evaluate(imported, dataset, space, choice, "full", best, 1, shared=weights)
    assert repr(final.program.constants) == repr(same.program.constants)
    alone = evaluate(imported, dataset, space, choice, "full", best, 1)
    assert repr(final.program.constants) != repr(alone.program.constants)


def test_it_takes_the_epochs_of_the_rung_full(imported, dataset, space, monkeypatch):
    trained = []

    def spy(*arguments):
        trained.append(arguments[5])
        return make_program(*arguments[:5], 0)

    monkeypatch.setattr(final, "make_program", spy)
    made = final_evaluation(imported, dataset, space, space.baseline())
    own = rung_epochs("full", len(dataset.x_train))
    assert own > 16
    assert (made.epochs, trained) == (own, 3 * [own])


@pytest.mark.parametrize("seeds", [(), (1, 2), (1, 2, 2)])
def test_seeds_must_be_distinct_and_three(imported, dataset, space, seeds):
    with pytest.raises(ConfigError, match="distinct seeds"):
        final_evaluation(imported, dataset, space, space.baseline(), seeds=seeds)


def test_an_unknown_rung_is_refused(imported, dataset, space):
    with pytest.raises(ConfigError, match="no such rung"):
        evaluate(imported, dataset, space, space.baseline(), "fuller")


def test_the_shared_rungs(imported, dataset, space):
    for rung in ("shared", "brief"):
        with pytest.raises(ConfigError, match=f"rung {rung} needs shared weights"):
            evaluate(imported, dataset, space, space.baseline(), rung)
    x, y = dataset.x_train, dataset.y_train
    weights = train_shared(space, imported.parameters, x, y, seed=0, steps=400)
    choice = last_options(space, "width")
    made = evaluate(imported, dataset, space, choice, "shared", shared=weights)
    assert (made.rung, made.epochs) == ("shared", 0)
    calibrated = evaluate(imported, dataset, space, choice, "calibrated", shared=weights)
    assert made.accuracy > calibrated.accuracy + 0.1
    assert made.loss < calibrated.loss
    short, alone = (
        evaluate(imported, dataset, space, choice, "short", epochs=1, shared=one)
        for one in (weights, None)
    )
    assert short.accuracy > alone.accuracy
    full, same = (
        evaluate(imported, dataset, space, choice, rung, epochs=1, shared=weights)
        for rung in ("full", "short")
    )
    assert repr(full.program.constants) == repr(same.program.constants)
    for how in (Training(start="scratch"), Training(pruning="gradual")):
        with pytest.raises(ConfigError, match="cannot start this training"):
            evaluate(imported, dataset, space, choice, "short", training=how, shared=weights)
        with pytest.raises(ConfigError, match="cannot start this training"):
            final_evaluation(
                imported, dataset, space, choice, epochs=1, training=how, shared=weights
            )


def test_rungs_have_epochs_of_their_own():
    assert [rung_epochs(one, 9999) for one in get_args(Rung)] == [0, 0, 1, 4, 16]
    assert [rung_epochs("full", samples) for samples in (1350, 5376, 5375, 1)] == [
        64,
        16,
        17,
        2680,
    ]
    assert [rung_epochs(one, 9999, 7) for one in get_args(Rung)] == [0, 0, 7, 7, 7]


def test_an_epoch_of_a_cheap_rung_has_few_samples(imported, dataset, space, monkeypatch):
    x, y = dataset.x_train, dataset.y_train
    weights = train_shared(space, imported.parameters, x, y, seed=0, steps=2)
    real, seen = ladder.compress, []

    def spy(parameters, space, configuration, x, y, **named):
        seen.append((len(x), len(y), named["epochs"]))
        return real(parameters, space, configuration, x, y, **{**named, "epochs": 0})

    monkeypatch.setattr(ladder, "compress", spy)
    monkeypatch.setattr(ladder, "EPOCH_SAMPLES", {"brief": 64, "short": 128})
    for rung in ("shared", "brief", "short"):
        evaluate(imported, dataset, space, space.baseline(), rung, shared=weights)
    assert seen == [(len(x), len(x), 0), (64, 64, 1), (128, 128, 4)]


def test_a_score_is_accuracy_and_cross_entropy(imported, dataset, space):
    made = evaluate(imported, dataset, space, space.baseline(), "calibrated")
    logits = exact_logits(made.program, torch.from_numpy(dataset.x_val))
    labels = torch.from_numpy(dataset.y_val)
    wanted = torch.nn.functional.cross_entropy(logits.double(), labels)
    assert made.loss == pytest.approx(float(wanted), rel=1e-6)
    assert made.accuracy == program_accuracy(made.program, dataset.x_val, dataset.y_val)


def test_a_failing_evaluation_raises(imported, dataset, space):
    broken = dict(imported.parameters)
    weight = broken["c2"].weight.copy()
    weight[0, 0, 0, 0] = np.nan
    broken["c2"] = LayerParameters(weight, broken["c2"].bias)
    with pytest.raises(Exception, match="not finite"):
        evaluate(replace(imported, parameters=broken), dataset, space, space.baseline())
