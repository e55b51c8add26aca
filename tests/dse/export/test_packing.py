"""Packed weights: the layout of dse_kernels.h, and as large as the kernel table says."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dse.export.layer_code import KERNEL_FOLDER
from dse.export.packing import (
    grouped_by_three,
    interleave,
    looked_up,
    packed_weights,
    paired,
    stored_columns,
)
from hw_models.kernels import weight_bytes
from hw_models.network import Layer, Network, Tensor
from hw_models.weight_levels import level_table, looked_up_bytes, weight_values


@pytest.mark.parametrize(("weight_format", "bits"), [("s4", 4), ("s2", 2), ("xnor", 1)])
def test_byte_j_of_a_word_holds_every_fourth_column(weight_format, bits):
    row = np.arange(40, dtype=np.int8)[None]
    found = interleave(row, weight_format)[0]
    per_byte = 8 // bits
    word = found[: 4 * per_byte].reshape(4, per_byte)
    for byte in range(4):
        assert word[byte].tolist() == [byte + 4 * step for step in range(per_byte)]
    assert sorted(found.tolist()) == sorted([*range(40), *[0] * (found.size - 40)])


@given(
    st.sampled_from(["conv", "depthwise", "linear"]),
    st.sampled_from(["s8", "s4", "s2", "p4", "p3", "p2", "xnor"]),
    st.integers(1, 9),
    st.integers(1, 40),
    st.integers(1, 3),
)
def test_size_is_that_of_the_kernel_table(op, weight_format, outputs, inputs, kernel):
    if op == "depthwise":
        inputs = outputs
        weight_format = {"xnor": "s4", "p4": "s4", "p3": "s2"}.get(weight_format, weight_format)
    window = (1, 1) if op == "linear" else (kernel, kernel)
    size = 1 if op == "linear" else kernel
    layer = Layer("y", op, ("x",), (1, 1, outputs), weight_format, window)
    network = Network("one", Tensor("x", (size, size, inputs)), (layer,))
    values = np.array(weight_values(weight_format), dtype=np.int8)
    levels = np.random.default_rng(0).choice(values, network.weight_shape(layer))
    for core_class in ("base", "dsp"):
        packed = packed_weights(layer, levels, core_class)
        assert packed.size == -(-weight_bytes(network, layer, core_class) // 4) * 4
        assert packed.dtype == np.uint8


@pytest.mark.parametrize("weight_format", ["s8", "s4", "s2", "p4", "p3"])
@pytest.mark.parametrize("core_class", ["base", "dsp"])
def test_groups_are_packed_one_after_the_other(weight_format, core_class):
    layer = Layer("y", "conv", ("x",), (1, 1, 15), weight_format, (1, 1), groups=3)
    network = Network("one", Tensor("x", (1, 1, 21)), (layer,))
    values = np.array(weight_values(weight_format), dtype=np.int8)
    levels = np.random.default_rng(0).choice(values, network.weight_shape(layer))
    packed = packed_weights(layer, levels, core_class)
    assert packed.size == weight_bytes(network, layer, core_class)
    own = replace(layer, groups=1, shape=(1, 1, 5))
    parts = [packed_weights(own, levels[at : at + 5], core_class) for at in (0, 5, 10)]
    assert packed.tolist() == np.concatenate(parts).tolist()


def test_a_pair_of_rows_goes_column_by_column_in_the_order_of_sxtb16():
    rows = np.stack([np.arange(6), 10 + np.arange(6), 20 + np.arange(6)]).astype(np.int8)
    found = paired(rows)
    assert found.shape == (2, 16)
    assert found[0].tolist() == [0, 10, 2, 12, 1, 11, 3, 13, 4, 14, 0, 0, 5, 15, 0, 0]
    assert found[1].tolist() == [20, 0, 22, 0, 21, 0, 23, 0, 24, 0, 0, 0, 25, 0, 0, 0]


@given(st.sampled_from(["p4", "p3"]), st.integers(1, 5), st.integers(1, 40), st.integers(0, 99))
def test_looked_up_rows_hold_every_code_where_the_kernel_looks(
    weight_format, outputs, columns, seed
):
    bits = {"p4": 4, "p3": 3}[weight_format]
    values = np.array(weight_values(weight_format), dtype=np.int8)
    rows = np.random.default_rng(seed).choice(values, (outputs, columns))
    groups = -(-columns // 4)
    packed = looked_up(rows, weight_format)
    assert packed.shape == (-(-outputs // 2), looked_up_bytes(columns, weight_format))
    padded = np.zeros((2 * len(packed), 4 * groups), dtype=np.int8)
    padded[:outputs, :columns] = rows
    table = level_table(weight_format)
    for pair, words in enumerate(packed.reshape(len(packed), -1, 4)):
        for group in range(groups):
            word = words[group] if weight_format == "p4" else word_of_p3(words, group)
            codes = int.from_bytes(word.tobytes(), "little")
            found = [table[codes >> bits * place & ((1 << bits) - 1)] for place in range(8)]
            r, s = padded[2 * pair : 2 * pair + 2, 4 * group : 4 * group + 4].tolist()
            assert found == [r[0], r[2], s[0], s[2], r[1], r[3], s[1], s[3]]


def word_of_p3(words, group):
    """Three words for four groups, the bytes on top for the fourth; then a word for each."""
    if group % 4 == 3:
        return words[group // 4 * 3 : group // 4 * 3 + 3, 3]
    return words[group // 4 * 3 + group % 4, :3]


def test_p2_is_stored_as_s2():
    layer = Layer("y", "conv", ("x",), (1, 1, 3), "p2")
    levels = np.random.default_rng(1).integers(-1, 2, (3, 1, 1, 21), dtype=np.int8)
    as_s2 = packed_weights(Layer("y", "conv", ("x",), (1, 1, 3), "s2"), levels, "dsp")
    np.testing.assert_array_equal(packed_weights(layer, levels, "dsp"), as_s2)


@pytest.mark.parametrize(("weight_format", "bits"), [("p4", 4), ("p3", 3)])
def test_the_kernel_decodes_every_pair_of_codes(weight_format, bits):
    text = (KERNEL_FOLDER / f"dse_expand_{weight_format}.c").read_text()
    words = np.array([int(word, 16) for word in re.findall(r"0x[0-9A-F]{4}", text)], dtype="<u2")
    codes = np.arange(1 << 2 * bits)
    table = level_table(weight_format)
    expected = np.stack([table[codes & ((1 << bits) - 1)], table[codes >> bits]], axis=1)
    np.testing.assert_array_equal(words.view(np.int8).reshape(-1, 2), expected)


def test_words_of_binary_weights_are_grouped_by_three():
    words = np.array([[1, 2, 4, 8, 16, 32, 64, 128]], dtype=np.uint32)
    assert grouped_by_three(words).tolist() == [[7, 3, 5, 56, 24, 40, 64, 128]]
    assert grouped_by_three(words[:, :2]).tolist() == [[1, 2]]


SPARSE = Layer("y", "conv", ("x",), (1, 1, 3), "sparse8", row_nonzeros=3)


def test_sparse_bytes_by_hand():
    levels = np.zeros((3, 1, 1, 10), dtype=np.int8)
    levels[0, 0, 0, [1, 8, 9]] = [5, -1, 7]
    levels[1, 0, 0, 4] = 100
    packed = packed_weights(SPARSE, levels, "base")
    # Columns 1 | 8 9; then 4 and the first zeros 0 and 1; then the zeros 0, 1 and 2.
    assert packed[:15].tobytes().hex() == "020503ff07" + "1300006400" + "0700000000"
    assert packed[15:].tolist() == [0]


@given(st.integers(1, 9), st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_every_sparse_row_stores_as_many(outputs, columns, count, seed):
    count = min(count, columns)
    layer = replace(SPARSE, shape=(1, 1, outputs), row_nonzeros=count)
    network = Network("one", Tensor("x", (1, 1, columns)), (layer,))
    rng = np.random.default_rng(seed)
    rows = rng.integers(-127, 128, (outputs, columns)).astype(np.int8)
    rows[rng.random(rows.shape).argsort(axis=1) >= rng.integers(0, count + 1)] = 0
    stored = stored_columns(rows, count)
    assert (stored.sum(axis=1) == count).all()
    assert stored[rows != 0].all()
    for core_class in ("base", "dsp"):
        packed = packed_weights(layer, rows[:, None, None, :], core_class)
        size = weight_bytes(network, layer, core_class)
        assert packed.size == -(-size // 4) * 4
        found = expanded(packed, size)
        wide = paired(rows) if core_class == "dsp" else rows
        wide = np.pad(wide, ((0, 0), (0, -wide.shape[1] % 8)))
        assert found == wide.ravel().tolist()


def expanded(packed, size):
    """The weights of a sparse stream, as the kernels read it."""
    found, at = [], 0
    while at < size:
        mask, at = int(packed[at]), at + 1
        for column in range(8):
            is_stored = mask >> column & 1
            found.append(int(packed[at : at + 1].view(np.int8)[0]) if is_stored else 0)
            at += is_stored
    return found
