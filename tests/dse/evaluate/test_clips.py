"""Clips of several windows: classified by the mean of their windows' softmax, wherever scored."""

import numpy as np
import pytest

from dse.compress.transfer import he_parameters
from dse.data import Dataset
from dse.data.dataset import Clips
from dse.evaluate import evaluate, final_evaluation, predicted_classes, program_accuracy
from dse.evaluate.accuracy import float_accuracy
from dse.importers import Imported
from dse.program import Program, Quantisation, SoftmaxConstants, WeightedConstants
from hw_models.arithmetic import encode_scale, softmax_table
from hw_models.network import Layer, Network, Tensor
from search_spaces.space import build_space

SCALE = 0.25


def echo(ending=None):
    """A program whose three logits are its three inputs, in quarters."""
    layers = [Layer("fc", "linear", ("x",), (1, 1, 3), "s8")]
    same = Quantisation(SCALE, 0)
    quantisation = {"x": same, "fc": same}
    unit = np.ones(3) * 0.5
    levels = 2 * np.eye(3, dtype=np.int8).reshape(3, 1, 1, 3)
    constants = {"fc": WeightedConstants(levels, np.zeros(3, np.int32), encode_scale(unit))}
    if ending == "softmax":
        layers.append(Layer("end", "softmax", ("fc",), (1, 1, 3)))
        constants["end"] = SoftmaxConstants(softmax_table(SCALE))
        quantisation["end"] = Quantisation(1 / 256, -128)
    if ending == "argmax":
        layers.append(Layer("end", "argmax", ("fc",), (1, 1, 1), format="s16"))
    return Program(Network("echo", Tensor("x", (1, 1, 3)), tuple(layers)), quantisation, constants)


# Two windows narrowly say class 0, the third is sure of class 1; then two of three are sure.
LOGITS = np.array(
    [[0.5, 0, 0], [0.5, 0, 0], [0, 20, 0], [0, 0, 9], [0, 0, 9], [9, 0, 0]], np.float32
)
INPUTS = LOGITS.reshape(-1, 1, 1, 3)


def mean_softmax(logits):
    powers = np.exp(logits)
    shares = powers / powers.sum(1, keepdims=True)
    return shares.reshape(-1, 3, 3).mean(1).argmax(1)


@pytest.mark.parametrize("ending", [None, "softmax"])
def test_a_clip_is_classified_by_the_mean_softmax_of_its_windows(ending):
    assert predicted_classes(echo(ending), INPUTS, 3).tolist() == [1, 2]
    assert mean_softmax(LOGITS).tolist() == [1, 2]
    assert predicted_classes(echo(ending), INPUTS).tolist() == [0, 0, 1, 2, 2, 0]


def test_after_an_argmax_the_windows_vote():
    assert predicted_classes(echo("argmax"), INPUTS, 3).tolist() == [0, 2]


def test_the_logits_count_in_real_numbers():
    rng = np.random.default_rng(0)
    logits = (rng.integers(-20, 21, (3000, 3)) * SCALE).astype(np.float32)
    found = predicted_classes(echo(), logits.reshape(-1, 1, 1, 3), 3)
    assert np.array_equal(found, mean_softmax(logits))
    whole = mean_softmax(logits / SCALE)
    assert not np.array_equal(found, whole)


@pytest.fixture(scope="module")
def case():
    """Noisy clips of four windows, a small network and its space."""
    rng = np.random.default_rng(1)
    y = np.arange(24) % 2
    clips = (np.where(y, 0.4, -0.4)[:, None] + rng.normal(size=(24, 32))).astype(np.float32)
    windows = clips.reshape(96, 1, 8, 1)
    parts = (windows, np.repeat(y, 4)) * 3
    whole = Clips(clips.reshape(24, 1, 32, 1), y, 4)
    dataset = Dataset("clips", *parts, ("low", "high"), clips=whole)
    layers = (
        Layer("c1", "conv", ("x",), (1, 8, 4), "s8", (1, 1), activation="relu"),
        Layer("flat", "flatten", ("c1",), (1, 1, 32)),
        Layer("fc", "linear", ("flat",), (1, 1, 2), "s8"),
    )
    network = Network("tiny", Tensor("x", (1, 8, 1)), layers)
    parameters = {one.name: he_parameters(network, one, 0) for one in network.weighted_layers}
    return Imported(network, parameters), dataset, build_space(network)


def test_evaluations_score_clips(case):
    imported, dataset, space = case
    x, y = dataset.part("val")
    one = evaluate(imported, dataset, space, space.baseline(), epochs=2)
    assert one.accuracy == program_accuracy(one.program, x, y, 4)
    assert one.accuracy != program_accuracy(one.program, x, y)
    final = final_evaluation(imported, dataset, space, space.baseline(), epochs=2)
    assert final.test_accuracy == program_accuracy(final.program, x, y, 4)


def test_the_float_network_is_scored_alike(case):
    imported, dataset, _ = case
    x, y = dataset.part("val")
    clips = float_accuracy(imported, x, y, dataset.windows)
    assert clips != float_accuracy(imported, x, y)
    assert round(clips * 24) == pytest.approx(clips * 24)
