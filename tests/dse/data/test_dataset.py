"""The Dataset's arrays."""

import pickle

import numpy as np

from dse.data import Dataset


def test_strides_do_not_depend_on_where_the_arrays_come_from():
    x = np.random.default_rng(0).random((6, 1, 4, 4)).astype(np.float32).transpose(0, 2, 3, 1)
    odd = np.lib.stride_tricks.as_strided(x.copy(), strides=(64, 16, 4, 64))
    y = np.array([0, 1, 0, 1, 0, 1])
    dataset = Dataset("x", odd, y, odd, y, odd, y, ("a", "b"))
    assert odd.strides[3] == 64
    assert dataset.x_train.strides == (64, 16, 4, 4)
    assert pickle.loads(pickle.dumps(dataset)).x_train.strides == dataset.x_train.strides
    assert np.array_equal(dataset.x_train, odd)
