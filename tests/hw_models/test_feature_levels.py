from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.arithmetic import quantise
from hw_models.errors import ModelError
from hw_models.feature_levels import fit_levels, quantise_features, standardise
from hw_models.front_end import FrontEnd

SOUND = FrontEnd("mfcc", 8000, 240, 160, 256, 20, 3, 20.0, 4000.0, 1e-6)
EVERY = np.repeat(np.arange(-32768, 32768)[:, None], 3, axis=1).astype(np.int16)


@given(st.integers(0, 2**32 - 1), st.floats(-7, -2), st.integers(-128, 127))
def test_every_coefficient_becomes_what_training_made_of_it(seed, logarithm, zero_point):
    rng = np.random.default_rng(seed)
    own = replace(
        SOUND,
        mean=tuple(rng.normal(0, 4000, 3).tolist()),
        deviation=tuple((1 + np.exp(rng.uniform(0, 9, 3))).tolist()),
    )
    scale = float(np.exp(logarithm))
    got = quantise_features(EVERY, fit_levels(own, scale, zero_point))
    np.testing.assert_array_equal(got, quantise(standardise(EVERY, own), scale, zero_point))


def test_ties_come_out_one_apart_at_most():
    own = replace(SOUND, mean=(0.0,) * 3, deviation=(1000.0,) * 3)
    got = quantise_features(EVERY, fit_levels(own, 0.03, -7)).astype(int)
    wrong = np.abs(got - quantise(standardise(EVERY, own), 0.03, -7))
    assert wrong.max() == 1
    assert (wrong > 0).mean() < 0.01


def test_a_coefficient_that_never_changes():
    own = replace(SOUND, mean=(12.0, 0.0, -5.0), deviation=(1.0,) * 3)
    got = quantise_features(EVERY, fit_levels(own, 0.031, 4))
    np.testing.assert_array_equal(got, quantise(standardise(EVERY, own), 0.031, 4))


def test_statistics_are_needed_and_scales_have_a_bound():
    with pytest.raises(ModelError, match="no statistics"):
        fit_levels(SOUND, 0.03, 0)
    own = replace(SOUND, mean=(0.0,) * 3, deviation=(1.0,) * 3)
    with pytest.raises(ModelError, match="cannot be quantised"):
        fit_levels(own, 1e-5, 0)
