"""Strategies from Python: recorded in evaluations, and refused where they cannot be."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from dse.compress.transfer import he_parameters
from dse.data import Dataset
from dse.evaluate import DEFAULT_TRAINING, Training, evaluate, final_evaluation
from dse.importers import Imported
from dse.search import Outcome
from dse.study.folder import RunFolder
from dse.study.scoring import TrialScorer
from hw_models.errors import ConfigError
from hw_models.network import Layer, Network, Tensor
from search_spaces.space import build_space

STRATEGY = Training(ranking="taylor", distillation=0.7)


@pytest.fixture(scope="module")
def case():
    """(imported, dataset, space): one narrow convolution on a few digits."""
    bunch = load_digits()
    x = (bunch.images[:240] / 16).astype(np.float32)[..., None]
    y = bunch.target[:240].astype(np.int64)
    parts = [(x[start : start + 80], y[start : start + 80]) for start in (0, 80, 160)]
    dataset = Dataset("digits", *parts[0], *parts[1], *parts[2], tuple("0123456789"))
    layers = (
        Layer("c1", "conv", ("x",), (4, 4, 8), "s8", (3, 3), (2, 2), (1, 1, 1, 1), "relu"),
        Layer("flat", "flatten", ("c1",), (1, 1, 128)),
        Layer("fc", "linear", ("flat",), (1, 1, 10), "s8"),
    )
    network = Network("tiny", Tensor("x", (8, 8, 1)), layers)
    parameters = {one.name: he_parameters(network, one, 0) for one in network.weighted_layers}
    return Imported(network, parameters), dataset, build_space(network)


def test_an_evaluation_knows_its_strategy(case):
    imported, dataset, space = case
    narrow = space.decode([len(site.options) - 1 for site in space.sites])
    made = evaluate(imported, dataset, space, narrow, epochs=1, training=STRATEGY)
    assert made.training == STRATEGY
    plain = evaluate(imported, dataset, space, narrow, epochs=1)
    assert plain.training == DEFAULT_TRAINING
    final = final_evaluation(imported, dataset, space, narrow, epochs=1, training=STRATEGY)
    assert final.training == STRATEGY


def test_a_trial_records_what_differs_from_plain_training(case, tmp_path):
    imported, dataset, space = case
    (tmp_path / "programs").mkdir()
    fields = (imported, dataset, space, "short", 0, 1, RunFolder(tmp_path))
    outcome = TrialScorer(*fields, STRATEGY)(space.baseline())
    assert outcome.training == "ranking=taylor distillation=0.7"
    assert TrialScorer(*fields)(space.baseline()).training == ""
    assert Outcome(0.5, "short", 0, 1, 0.1).training == ""


def test_scratch_without_training_is_refused(case):
    with pytest.raises(ConfigError, match="from scratch without training"):
        evaluate(*case, case[2].baseline(), "calibrated", training=Training(start="scratch"))
