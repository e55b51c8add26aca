"""A network that trains in no time."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from dse.compress.transfer import he_parameters
from dse.data import Dataset
from dse.importers import Imported
from hw_models.network import Layer, Network, Tensor
from search_spaces.space import build_space


@pytest.fixture(scope="module")
def case():
    """(imported, dataset, space): one convolution on a few digits."""
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
