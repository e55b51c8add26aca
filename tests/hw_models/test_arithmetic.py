from fractions import Fraction
from math import exp, floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from hw_models.arithmetic import (
    BIAS_BOUND,
    Rescale,
    add_parameters,
    add_quantised,
    clamp_bounds,
    dot_xnor,
    encode_scale,
    level_bounds,
    pack_levels,
    packed_row_bytes,
    quantise,
    requantise,
    softmax_quantised,
    softmax_table,
    unpack_levels,
)
from hw_models.weight_levels import weight_values

FORMATS = ("s8", "s4", "s2", "p4", "p3", "p2", "xnor")
INT8 = st.integers(-128, 127)


def half_up(value):
    """An exact rational to the nearest integer, halves towards plus infinity."""
    return floor(value + Fraction(1, 2))


def clip(value, low=-128, high=127):
    return min(max(value, low), high)


@given(
    dot=st.integers(-(1 << 29), 1 << 29),
    bias=st.integers(-BIAS_BOUND, BIAS_BOUND),
    multiplier=st.integers(0, (1 << 15) - 1),
    shift=st.integers(1, 30),
    pre_shift=st.integers(0, 8),
    zero_point=INT8,
)
def test_requantise_rounds_the_exact_product_half_up(
    dot, bias, multiplier, shift, pre_shift, zero_point
):
    dot >>= pre_shift
    rescale = Rescale(pre_shift, np.array([multiplier], np.int16), np.array([shift], np.uint8))
    got = requantise(np.array([dot]), np.array([bias]), rescale, zero_point, -128, 127)
    exact = Fraction(((dot << pre_shift) + bias) * multiplier, 1 << (16 + shift))
    assert got.dtype == np.int8
    assert int(got[0]) == clip(half_up(exact) + zero_point)


@pytest.mark.parametrize(("dot", "expected"), [(1, 1), (-1, 0), (3, 2), (-3, -1), (2, 1), (-2, -1)])
def test_requantise_takes_halves_upwards(dot, expected):
    rescale = encode_scale(np.array([0.5]))
    assert rescale.factors[0] == 0.5
    assert requantise(np.array([dot]), np.array([0]), rescale, 0, -128, 127)[0] == expected


@given(dot=st.integers(-4000, 4000), low=st.integers(-128, 0), high=st.integers(0, 127))
def test_requantise_clamps_after_the_zero_point(dot, low, high):
    rescale = encode_scale(np.array([0.25]))
    got = requantise(np.array([dot]), np.array([0]), rescale, 5, low, high)[0]
    assert got == clip(half_up(Fraction(dot, 4)) + 5, low, high)


@given(dot=st.integers(-(1 << 22), 1 << 22), factor=st.floats(1e-6, 0.4), bias=st.integers(-99, 99))
def test_the_integers_stay_within_32_bits(dot, factor, bias):
    """The intermediate values of the C kernels, which have int32 for each."""
    rescale = encode_scale(np.array([factor]), abs(dot))
    accumulator = (dot << rescale.pre_shift) + bias * BIAS_BOUND // 99
    product = (accumulator * int(rescale.multiplier[0])) >> 16
    shift = int(rescale.shift[0])
    for value in (accumulator, product, product + ((1 << shift) >> 1)):
        assert -(1 << 31) <= value < 1 << 31


@given(factors=st.lists(st.floats(2.0**-31, 2.0**13), min_size=1, max_size=5))
def test_scales_are_encoded_to_15_bits(factors):
    ratio = max(factors) / min(factors)
    if ratio > 2.0**20:
        factors = factors[:1]
    rescale = encode_scale(np.array(factors))
    assert rescale.multiplier.dtype == np.int16
    assert rescale.shift.dtype == np.uint8
    assert ((rescale.shift >= 1) & (rescale.shift <= 30)).all()
    if (rescale.shift < 30).all():
        assert (rescale.multiplier >= 1 << 14).all()
        error = np.abs(rescale.factors / np.array(factors) - 1)
        assert error.max() <= 2.0**-15


@given(factor=st.floats(0.0, 2.0**13))
def test_small_factors_lose_no_more_than_one_unit_of_the_last_shift(factor):
    rescale = encode_scale(np.array([factor]))
    unit = 2.0 ** (rescale.pre_shift - 16 - 30)
    assert abs(rescale.factors[0] - factor) <= max(factor * 2.0**-15, unit)


def test_nothing_is_shifted_in_front_of_small_factors():
    assert encode_scale(np.array([0.2499])).pre_shift == 0
    assert encode_scale(np.array([0.25])).pre_shift == 1
    assert encode_scale(np.array([1.0, 0.001])).pre_shift == 3


@pytest.mark.parametrize("factors", [[0.0], [0.0, 0.1], [0.0, 40.0]])
def test_a_dead_channel_stays_dead(factors):
    rescale = encode_scale(np.array(factors))
    assert rescale.multiplier[0] == 0
    assert rescale.factors[1:] == pytest.approx(factors[1:], rel=2.0**-15)


@pytest.mark.parametrize("factor", [0.49999999, 0.2499999999, 0.99999999])
def test_a_mantissa_that_rounds_up_to_one_is_carried(factor):
    rescale = encode_scale(np.array([factor]))
    assert abs(rescale.factors[0] / factor - 1) <= 2.0**-15
    assert 1 << 14 <= rescale.multiplier[0] < 1 << 15


@given(bound=st.integers(1, (1 << 30) - 1), factor=st.floats(0.5, 2.0**13))
def test_the_dot_bound_keeps_the_accumulator_within_30_bits(bound, factor):
    rescale = encode_scale(np.array([factor]), bound)
    assert bound << rescale.pre_shift < 1 << 30
    free = encode_scale(np.array([factor]))
    if rescale.pre_shift == free.pre_shift:
        assert rescale.factors == free.factors
    else:
        assert rescale.shift[0] == 1
        assert rescale.multiplier[0] == (1 << 15) - 1


@given(value=st.floats(-1e4, 1e4), scale=st.floats(1e-3, 1e2), zero_point=INT8)
def test_quantise_rounds_half_up_and_saturates(value, scale, zero_point):
    got = quantise(np.array([value]), scale, zero_point)[0]
    assert got == clip(floor(value / scale + 0.5) + zero_point)


def test_quantise_takes_halves_upwards():
    got = quantise(np.array([-1.5, -0.5, 0.5, 1.5, 500.0, -500.0]), 1.0, 3)
    assert got.tolist() == [2, 3, 4, 5, 127, -128]


@pytest.mark.parametrize(
    ("activation", "scale", "zero_point", "bounds"),
    [
        ("none", 0.1, 10, (-128, 127)),
        ("relu", 0.1, 10, (10, 127)),
        ("relu", 0.1, -128, (-128, 127)),
        ("relu6", 0.1, -128, (-128, -68)),
        ("relu6", 0.01, 0, (0, 127)),
    ],
)
def test_clamp_bounds(activation, scale, zero_point, bounds):
    assert clamp_bounds(activation, scale, zero_point) == bounds


@st.composite
def levels(draw):
    weight_format = draw(st.sampled_from(FORMATS))
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 70)))
    values = st.sampled_from(weight_values(weight_format))
    return weight_format, draw(npst.arrays(np.int8, shape, elements=values))


@given(case=levels())
def test_packing_is_undone_by_unpacking(case):
    weight_format, values = case
    packed = pack_levels(values, weight_format)
    assert packed.dtype == np.uint8
    assert packed.shape == (len(values), packed_row_bytes(values.shape[1], weight_format))
    back = unpack_levels(packed, values.shape[1], weight_format)
    assert back.dtype == np.int8
    assert np.array_equal(back, values)


@pytest.mark.parametrize(
    ("weight_format", "values", "expected"),
    [
        ("s8", [-127, 0, 127], "81007f"),
        ("s4", [1, -2, 7, -7, 3], "e1970300"),
        ("s4", [0] * 8 + [-1], "000000000f000000"),
        ("s2", [1, -1, 0, 1, -1], "4d030000"),
        ("xnor", [1, -1, -1, 1, 1, 1, 1, 1, -1, 1], "f9020000"),
        ("xnor", [-1] * 32 + [1], "0000000001000000"),
    ],
)
def test_packed_bytes_are_these(weight_format, values, expected):
    """Golden: first column in the lowest bits, little-endian words, padding bits 0."""
    assert pack_levels(np.array([values], np.int8), weight_format).tobytes().hex() == expected


def test_a_transposed_array_packs_like_its_copy():
    values = np.arange(12, dtype=np.int8).reshape(3, 4) - 6
    for weight_format in ("s8", "s4"):
        turned = pack_levels(values.T, weight_format)
        assert np.array_equal(turned, pack_levels(values.T.copy(), weight_format))


def test_levels_are_symmetric():
    largest = {name: level_bounds(name)[1] for name in FORMATS}
    assert {name: -level_bounds(name)[0] for name in FORMATS} == largest
    assert largest == {"s8": 127, "s4": 7, "s2": 1, "p4": 64, "p3": 4, "p2": 1, "xnor": 1}


@given(
    vectors=npst.arrays(
        np.int8,
        npst.array_shapes(min_dims=1, max_dims=1, max_side=80).map(lambda one: (2, *one)),
        elements=st.sampled_from((-1, 1)),
    )
)
def test_the_xnor_dot_product_is_a_dot_product(vectors):
    assert dot_xnor(vectors[0], vectors[1]) == vectors[0].astype(int) @ vectors[1].astype(int)


@given(
    values=npst.arrays(np.int8, (2, 16), elements=INT8),
    zero_points=st.tuples(INT8, INT8, INT8),
    factors=st.tuples(st.floats(1e-3, 100.0), st.floats(1e-3, 100.0)),
)
def test_addition_rounds_the_exact_sum_half_up(values, zero_points, factors):
    parameters = add_parameters(*factors)
    got = add_quantised(values[0], values[1], zero_points, parameters, -128, 127)
    one, two, shift = parameters
    for first, second, result in zip(values[0].tolist(), values[1].tolist(), got, strict=True):
        total = (first - zero_points[0]) * one + (second - zero_points[1]) * two
        assert -(1 << 31) <= total < 1 << 31
        assert result == clip(half_up(Fraction(total, 1 << shift)) + zero_points[2])


def test_addition_takes_halves_upwards():
    first = np.array([1, -1, 3, -3], np.int8)
    got = add_quantised(first, np.zeros(4, np.int8), (0, 0, 0), (1, 1, 1), -128, 127)
    assert got.tolist() == [1, 0, 2, -1]


@given(first=st.floats(2.0**-6, 2.0**13), second=st.floats(2.0**-6, 2.0**13))
def test_addition_factors_are_encoded_to_13_bits_of_the_larger(first, second):
    one, two, shift = add_parameters(first, second)
    assert 0 <= shift <= 20
    assert 1 << 13 <= max(one, two) <= 1 << 14
    assert abs(one - first * 2.0**shift) <= 0.5
    assert abs(two - second * 2.0**shift) <= 0.5


def test_addition_factors_out_of_range_saturate():
    assert add_parameters(2.0**16, 1.0) == ((1 << 15) - 1, 1, 0)
    assert add_parameters(0.0, 0.0)[:2] == (0, 0)
    assert add_parameters(2.0**-10, 2.0**-10) == (1 << 10, 1 << 10, 20)


@given(logits=npst.arrays(np.int8, st.integers(1, 12), elements=INT8), scale=st.floats(1e-3, 2.0))
def test_softmax_is_within_one_level_of_the_real_one(logits, scale):
    got = softmax_quantised(logits, softmax_table(scale)).astype(int) + 128
    weights = [exp(-scale * (int(logits.max()) - int(value))) for value in logits]
    real = [min(256 * weight / sum(weights), 255) for weight in weights]
    assert np.abs(got - np.array(real)).max() <= 1.0


@given(logits=npst.arrays(np.int8, (3, 10), elements=INT8), scale=st.floats(1e-3, 2.0))
def test_softmax_keeps_the_order(logits, scale):
    got = softmax_quantised(logits, softmax_table(scale))
    assert got.shape == logits.shape
    for row, result in zip(logits, got, strict=True):
        assert (np.diff(result[np.argsort(row)].astype(int)) >= 0).all()


def test_softmax_rounds_its_quotient():
    """Golden: 256 / 6 is 42.67."""
    logits = np.zeros(6, np.int8)
    assert softmax_quantised(logits, softmax_table(0.1)).tolist() == [43 - 128] * 6


def test_the_softmax_table_falls_from_one():
    table = softmax_table(0.1)
    assert table.dtype == np.uint16
    assert table.shape == (256,)
    assert table[0] == 65535
    assert (np.diff(table.astype(int)) <= 0).all()
