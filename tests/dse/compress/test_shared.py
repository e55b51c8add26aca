"""Shared weights: what the supernet computes is what a cut-out configuration computes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from dse.compress import build_module, calibrate, channel_scores, channel_statistics, train_shared
from dse.compress.pipeline import compress
from dse.compress.shared import cut_shared, layer_key
from dse.compress.shared_io import load_shared, save_shared, shared_fingerprint
from dse.compress.supernet import Supernet
from dse.compress.training import DEFAULT_TRAINING, Training
from dse.compress.transfer import kept_axes, slice_parameters
from hw_models.errors import ModelError, RunError
from search_spaces.options import DepthCut
from search_spaces.rewrite import rewrite
from search_spaces.space import whole_space

STEPS = 150


@pytest.fixture(scope="module")
def space(trained):
    return whole_space(trained[0])


@pytest.fixture(scope="module")
def make_supernet(trained, space, digits):
    def make():
        network, parameters, _ = trained
        x, y = digits[0][:128], digits[1][:128]
        scores = channel_scores(network, parameters, "l2", x, y, 0)
        statistics = channel_statistics(network, parameters, x)
        device = torch.device("cpu")
        return Supernet(space, parameters, statistics, scores, DEFAULT_TRAINING, 0, device)

    return make


@pytest.fixture(scope="module")
def shared(trained, space, digits):
    return train_shared(space, trained[1], digits[0], digits[1], seed=0, steps=STEPS)


def draws(space, count, seed=1):
    rng = np.random.default_rng(seed)
    return [space.sample(rng) for _ in range(count)]


def test_axes_say_what_slicing_does(trained, space):
    network, parameters, _ = trained
    rng = np.random.default_rng(0)
    scores = {one.name: rng.random(one.shape[2]) for one in network.weighted_layers}
    for configuration in draws(space, 20):
        target = rewrite(network, space, configuration)
        sliced = slice_parameters(parameters, network, target, 0, scores).parameters
        axes = kept_axes(network, target, scores)
        assert set(axes) == {one.name for one in target.weighted_layers}
        for layer in target.weighted_layers:
            outputs, _, _, inputs = target.weight_shape(layer)
            own = axes[layer.name]
            assert len(own.outputs) == outputs
            assert layer.op == "depthwise" or len(own.inputs) == inputs
            if layer.name in parameters:
                weight = own.cut(parameters[layer.name].weight)
                assert np.array_equal(weight, sliced[layer.name].weight)


def test_the_supernet_computes_what_a_calibrated_configuration_does(
    trained, space, digits, make_supernet
):
    network = trained[0]
    x = digits[0][:128]
    whole = [one for one in draws(space, 60) if dict(one.choices)["depth"].after is None]
    close = []
    for configuration in (space.baseline(), *whole[:7]):
        net = make_supernet()
        with torch.no_grad():
            found = net.logits(configuration, torch.from_numpy(x))
        target = rewrite(network, space, configuration)
        parameters, reference = cut_shared(net.weights(0), network, target, configuration)
        module = build_module(target, parameters)
        calibrate(module, x, reference)
        module.train()
        with torch.no_grad():
            wanted = module(torch.from_numpy(x))
        close.append(float((found - wanted).abs().median() / wanted.std()))
    # A value between two levels may fall to either, and low formats carry that on.
    assert close[0] < 0.01
    assert max(close) < 0.2, close


def test_only_what_a_configuration_keeps_has_gradients(trained, space, digits, make_supernet):
    network = trained[0]
    net = make_supernet()
    narrow = next(
        one for one in draws(space, 200) if dict(one.choices)["width:c2"].keep < 0.5
        and dict(one.choices)["depth"].after is None
    )  # fmt: skip
    logits = net.logits(narrow, torch.from_numpy(digits[0][:64]))
    torch.nn.functional.cross_entropy(logits, torch.from_numpy(digits[1][:64])).backward()
    target = rewrite(network, space, narrow)
    axes = kept_axes(network, target, net.scores)["c2"]
    gradient = net.layer("c2").weight.grad
    touched = np.zeros(gradient.shape[0], bool)
    touched[axes.outputs] = True
    moved = gradient.abs().sum((1, 2, 3)).numpy() > 0
    assert moved.any()
    assert not moved[~touched].any()
    heads = [net.layer(key) for key in net.keys() if "head." in key]  # noqa: SIM118
    assert heads
    assert all(one.weight.grad is None for one in heads)


def test_every_cut_has_a_head_of_its_own(shared, space):
    cuts = [one for one in space.site("depth").options if one.after is not None]
    keys = {layer_key("head.linear", cut) for cut in cuts}
    assert len(keys) == len(cuts)
    assert keys <= set(shared.layers)
    assert layer_key("c1", cuts[0]) == layer_key("c1", DepthCut(None)) == "c1"


def test_training_helps_random_configurations(trained, space, digits, shared):
    parameters = trained[1]
    x_train, y_train, x, y = digits

    def accuracy(configuration, weights):
        module = compress(
            parameters, space, configuration, x_train, y_train, seed=0, epochs=0, shared=weights
        )
        with torch.no_grad():
            guesses = module(torch.from_numpy(x)).argmax(1).numpy()
        return float((guesses == y).mean())

    chosen = draws(space, 8)
    before = np.mean([accuracy(one, None) for one in chosen])
    after = np.mean([accuracy(one, shared) for one in chosen])
    assert after > before + 0.15


def test_a_step_takes_four_configurations_and_every_eighth_the_largest(
    trained, space, digits, monkeypatch
):
    seen = []
    forward = Supernet.logits

    def spied(net, configuration, x):
        seen.append((configuration, x))
        return forward(net, configuration, x)

    monkeypatch.setattr(Supernet, "logits", spied)
    train_shared(space, trained[1], digits[0], digits[1], seed=0, steps=9)
    assert len(seen) == 9 * 4
    at = [number for number, (one, _) in enumerate(seen) if one == space.baseline()]
    assert at == [0, 32]
    assert not any(torch.equal(a, b) for (_, a), (_, b) in pairwise(seen))


def test_a_seed_reproduces_shared_weights(trained, space, digits):
    made = [
        train_shared(space, trained[1], digits[0], digits[1], seed=seed, steps=3)
        for seed in (4, 4, 5)
    ]
    first, again, other = (shared_fingerprint(one) for one in made)
    assert first == again != other


def test_samples_are_changed_as_the_training_says(trained, space, digits):
    plain, shifted, again, other = (
        train_shared(
            space,
            trained[1],
            digits[0],
            digits[1],
            seed=seed,
            steps=2,
            how=Training(time_shift=shift),
        )
        .layers["c1"]
        .weight
        for shift, seed in ((0.0, 0), (0.25, 0), (0.25, 0), (0.25, 1))
    )
    assert np.array_equal(shifted, again)
    assert not np.array_equal(shifted, plain)
    assert not np.array_equal(shifted, other)


def test_a_loss_that_is_not_finite_is_an_error(trained, space, digits):
    with pytest.raises(ModelError, match="diverges"):
        train_shared(space, trained[1], digits[0] * np.nan, digits[1], seed=0, steps=1)


def test_shared_weights_survive_their_file(shared, tmp_path):
    path = tmp_path / "shared.npz"
    save_shared(shared, path)
    found = load_shared(path)
    assert shared_fingerprint(found) == shared_fingerprint(shared)
    assert (found.steps, found.processor_s) == (STEPS, shared.processor_s)
    assert list(found.layers) == list(shared.layers)
    one = next(iter(shared.layers))
    moved = {**shared.layers, one: replace(shared.layers[one], mean=shared.layers[one].mean + 1)}
    assert shared_fingerprint(replace(shared, layers=moved)) != shared_fingerprint(shared)


@pytest.mark.parametrize("damage", ["missing", "cut", "object"])
def test_a_damaged_file_is_an_error(shared, tmp_path, damage):
    path = tmp_path / "shared.npz"
    save_shared(shared, path)
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-300])
    else:
        np.savez(path, meta=np.array([{"a": 1}], dtype=object))
    with pytest.raises(RunError, match="cannot be read"):
        load_shared(path)
