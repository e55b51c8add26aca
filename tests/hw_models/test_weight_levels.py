"""Levels and codes of every format; the packed bytes by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.weight_levels import (
    level_table,
    nearest_levels,
    pack_levels,
    packed_row_bytes,
    unpack_levels,
    weight_values,
)

POWERS = ("p4", "p3", "p2")


def test_levels_of_the_powers_of_two():
    assert weight_values("p2") == (-1, 0, 1)
    assert weight_values("p3") == (-4, -2, -1, 0, 1, 2, 4)
    above = [1, 2, 4, 8, 16, 32, 64]
    assert weight_values("p4") == (*[-value for value in reversed(above)], 0, *above)


@pytest.mark.parametrize(
    ("weight_format", "row", "expected"),
    [
        # Codes 1 9 | 7 15 | 0 4, then padding up to eight columns.
        ("p4", [1, -1, 64, -64, 0, 8], "91f74000"),
        # Codes 1 5 3 7 0 2 0 1 of three bits: 0x210EE9.
        ("p3", [1, -1, 4, -4, 0, 2, 0, 1], "e90e21"),
        ("p3", [0, 0, 0, 0, 0, 0, 0, -1, -2], "0000a0060000"),
        ("p2", [1, -1, 0, 1, -1], "4d030000"),
    ],
)
def test_packed_bytes_by_hand(weight_format, row, expected):
    packed = pack_levels(np.array([row], dtype=np.int8), weight_format)
    assert packed.tobytes().hex() == expected
    assert unpack_levels(packed, len(row), weight_format).tolist() == [row]


@pytest.mark.parametrize("columns", range(1, 40))
def test_three_bits_are_three_bits(columns):
    assert packed_row_bytes(columns, "p3") == -(-columns // 8) * 3
    assert packed_row_bytes(columns, "p4") == packed_row_bytes(columns, "s4")


@pytest.mark.parametrize("weight_format", ["s4", "s2", *POWERS, "xnor"])
def test_every_level_has_one_code(weight_format):
    table = level_table(weight_format).tolist()
    for value in weight_values(weight_format):
        packed = pack_levels(np.array([[value]], dtype=np.int8), weight_format)
        assert table[packed[0, 0]] == value
    assert len(table) - len(weight_values(weight_format)) <= 1


@given(
    st.sampled_from(["s8", "s4", "s2", *POWERS, "xnor"]),
    st.lists(st.floats(-200, 200), min_size=1, max_size=50),
)
def test_nearest_is_nearest(weight_format, ratios):
    values = np.array(weight_values(weight_format))
    found = nearest_levels(np.array(ratios), weight_format)
    assert set(found.tolist()) <= set(values.tolist())
    best = np.abs(np.array(ratios)[:, None] - values).min(axis=1)
    np.testing.assert_allclose(np.abs(np.array(ratios) - found), best, atol=1e-9)
