"""The uncompressed network of a study."""

import numpy as np
import pytest

from dse.data import load_data
from dse.study.base import prepare_base
from dse.study.config import make_study

WORDS = {"model": "zoo:digits-ds", "data": "digits", "device": "STM32F030R8", "base_epochs": 1}


@pytest.fixture(scope="module")
def weights():
    """The first layer's weights after the float training of a study with these words."""
    digits = load_data("digits", seed=0)

    def train(**own):
        imported = prepare_base(make_study({**WORDS, **own}, "test"), digits).imported
        return imported.layer(imported.network.layers[0].name).weight

    return train


def test_the_study_changes_the_samples_of_the_float_training_too(weights):
    plain = weights()
    assert not np.array_equal(plain, weights(training={"noise": 0.5}))
    assert np.array_equal(plain, weights(training={"noise": 0, "ranking": "l1"}))
