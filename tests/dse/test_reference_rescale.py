import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from dse.program import WeightedConstants
from dse.reference import rescale_planes
from hw_models.arithmetic import BIAS_BOUND, Rescale, requantise


@given(st.integers(0, 2**32), st.integers(0, 8), st.booleans())
def test_the_fast_rescale_is_the_integer_one(seed, pre_shift, ties):
    rng = np.random.default_rng(seed)
    channels = 6
    shift = rng.integers(0, 31, channels).astype(np.uint8)
    multiplier = rng.integers(1 << 14, 1 << 15, channels)
    if ties:
        multiplier[:] = 1 << 14
    dot = rng.integers(-(1 << 22), 1 << 22, (4, 3, 2, channels))
    dot = np.where(rng.random(dot.shape) < 0.5, dot, dot >> 12)
    bias = rng.integers(-BIAS_BOUND, BIAS_BOUND + 1, channels) >> rng.integers(0, 30, channels)
    rescale = Rescale(pre_shift, multiplier.astype(np.int16), shift)
    constants = WeightedConstants(
        np.zeros((channels, 1, 1, 1), np.int8), bias.astype(np.int32), rescale
    )
    planes = torch.from_numpy(dot.astype(np.float64)).permute(0, 3, 1, 2)
    got = rescale_planes(planes, constants, -7, (-120, 111))
    expected = requantise(dot, constants.bias, rescale, -7, -120, 111)
    assert got.dtype == np.int8
    assert np.array_equal(got, expected)
