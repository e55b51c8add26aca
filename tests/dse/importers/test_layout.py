from itertools import pairwise
from math import prod

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dse.importers.layout import arrangement, drop_ones, regroup

shapes = st.tuples(*[st.integers(1, 4)] * 3)


def as_torch(data, dims):
    """The torch tensor that a layout describes."""
    order = [axis for dim in dims for axis in dim]
    rest = [axis for axis in range(3) if axis not in order]
    sizes = [prod(data.shape[axis] for axis in dim) for dim in dims]
    return data.transpose(order + rest).reshape(sizes)


@given(shapes, st.permutations([0, 1, 2]), st.data())
def test_regroup_is_a_reshape_or_refused(shape, order, data):
    array = np.arange(prod(shape)).reshape(shape)
    dims = drop_ones(((), *((axis,) for axis in order)), shape)
    before = as_torch(array, dims)
    factors = [size for size in before.shape if size > 1]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(factors)), max_size=2)))
    edges = [0, *cuts, len(factors)]
    sizes = [prod(factors[a:b]) for a, b in pairwise(edges)]
    after = regroup(dims, shape, sizes)
    assert after is not None
    np.testing.assert_array_equal(as_torch(array, after), before.reshape(sizes))


def test_a_split_axis_is_refused():
    assert regroup(((), (2,), (0,), (1,)), (4, 4, 8), (1, 4, 32)) is None
    assert regroup(((2,),), (1, 1, 8), (2, 4)) is None


@given(shapes, st.permutations([0, 1, 2]))
def test_arrangement_brings_the_axes_home(shape, order):
    height, width, channels = drop_ones(tuple((axis,) for axis in order), shape)
    permutation = arrangement(height, width, channels)
    array = np.arange(prod(shape)).reshape(shape)
    wanted = array.transpose(order)
    moved = array.transpose(permutation)
    assert [n for n in moved.shape if n > 1] == [n for n in wanted.shape if n > 1]
    np.testing.assert_array_equal(moved.ravel(), wanted.ravel())
    if all(axis == place for place, axis in enumerate(order) if shape[axis] > 1):
        assert permutation == (0, 1, 2)
